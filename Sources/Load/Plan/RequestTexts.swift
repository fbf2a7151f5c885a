/// The texts of all templated requests of a mix, taken apart: constant bytes, places that are
/// filled for each request, and the values that fill some of them.
package struct RequestTexts: Equatable, Sendable {
    /// A piece of a text.
    enum Piece: BitwiseCopyable, Equatable, Sendable {
        /// `count` of `bytes` from `start` on.
        case constant(start: Int, count: Int)
        case sequence(from: UInt64)
        /// One of `steps` integers from `low` on; 0 steps are all of a word.
        case random(low: UInt64, steps: UInt64)
        case uuid
        /// A value of a column, whose `rows` begin in `bytes` where `starts` says, from `first` on.
        case column(first: Int, rows: Int)
        /// The length of the request's body.
        case length
    }

    /// One text: its pieces' places among `pieces`.
    typealias Text = Range<Int>

    private(set) var bytes: [UInt8] = []
    private(set) var starts: [Int] = []
    private(set) var pieces: [Piece] = []

    /// Takes the values of a column in, and says what fills a place with them.
    mutating func add(_ column: MixTable.Column) -> Piece {
        let first = starts.count
        starts += column.starts.map { bytes.count + $0 }
        bytes += column.bytes
        return .column(first: first, rows: column.rows)
    }

    /// Takes a text in.
    ///
    /// - Parameters:
    ///   - marked: constant bytes, with marks for places.
    ///   - fillings: what fills them, by the numbers of the marks.
    mutating func add(_ marked: [UInt8], _ fillings: [Piece]) -> Text {
        let first = pieces.count
        var at = 0
        while at < marked.count {
            if marked[at] == PlaceMarks.mark {
                pieces.append(fillings[PlaceMarks.number(marked[at + 1])])
                at += 2
                continue
            }
            let end = marked[at...].firstIndex(of: PlaceMarks.mark) ?? marked.count
            addConstant(marked[at..<end])
            at = end
        }
        return first..<pieces.count
    }

    /// Takes a text in that ends with the length of the body and what is behind it.
    mutating func add(_ marked: [UInt8], _ fillings: [Piece], lengthAnd rest: [UInt8]) -> Text {
        let text = add(marked, fillings)
        pieces.append(.length)
        addConstant(rest[...])
        return text.lowerBound..<pieces.count
    }

    /// Takes a text in that has no places, and maybe bytes like marks.
    mutating func add(constant: [UInt8]) -> Text {
        let first = pieces.count
        addConstant(constant[...])
        return first..<pieces.count
    }

    private mutating func addConstant(_ constant: ArraySlice<UInt8>) {
        if constant.isEmpty { return }
        pieces.append(.constant(start: bytes.count, count: constant.count))
        bytes += constant
    }
}
