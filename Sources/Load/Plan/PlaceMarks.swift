import Basis
import Report

/// Marks the places in the texts of a mix's requests, by bytes that UTF-8 does not have, so that
/// such a request can be checked and composed like any other, and notes what fills them.
struct PlaceMarks {
    static let mark: UInt8 = 0xFF
    /// Places of one request: the number stands in a byte that is no mark and no ASCII.
    static let most = 127

    static func number(_ byte: UInt8) -> Int { Int(byte) - 0x80 }

    /// The values of the places' columns.
    private(set) var texts = RequestTexts()
    private var table: MixTable?
    /// What fills a column's places, by its position in the table.
    private var columns: [Int: RequestTexts.Piece] = [:]
    /// Of the request that is being marked: what fills its places, and the most bytes of each.
    private(set) var fillings: [RequestTexts.Piece] = []
    private(set) var longest: [Int] = []

    /// - Parameter table: where values of columns come from; nil where none do.
    init(table: MixTable?) { self.table = table }

    /// The next request has places of its own.
    mutating func begin() {
        fillings = []
        longest = []
    }

    /// The bytes of a text with marks for its places.
    ///
    /// - Parameter spelling: how values of columns stand in it; nil for one line of a field.
    mutating func bytes(
        _ text: TemplateText, _ spelling: MixTable.Spelling?
    ) throws(Complaint) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, part) in text.parts.enumerated() {
            switch part {
            case .text(let text): bytes += Array(text.utf8)
            case .place(let filling):
                // The target of a request begins with a slash of its own.
                let isPath = index == 0 && spelling == .escaped
                if isPath { bytes.append(UInt8(ascii: "/")) }
                guard fillings.count < Self.most else {
                    throw Complaint(
                        "it has more than \(Self.most) places",
                        remedy: "leave some of them out, or put them into one column")
                }
                bytes += [Self.mark, 0x80 + UInt8(fillings.count)]
                try fill(filling, isPath ? .path : spelling)
            }
        }
        return bytes
    }

    private mutating func fill(
        _ filling: TemplateText.Filling, _ spelling: MixTable.Spelling?
    ) throws(Complaint) {
        let digits = "\(UInt64.max)".utf8.count
        switch filling {
        case .sequence(let from): note(.sequence(from: from), digits)
        case .random(let range):
            let steps = range.upperBound - range.lowerBound &+ 1
            note(.random(low: range.lowerBound, steps: steps), digits)
        case .uuid: note(.uuid, 36)
        case .column(let name):
            guard table != nil else { preconditionFailure("a mix with columns has a table") }
            let column = try table!.take(name, spelling ?? .plain)
            if spelling == nil { try table!.checkLines(of: column) }
            let values = table!.columns[column]
            let piece = columns[column] ?? texts.add(values)
            columns[column] = piece
            note(piece, values.longest)
        }
    }

    private mutating func note(_ piece: RequestTexts.Piece, _ most: Int) {
        fillings.append(piece)
        longest.append(most)
    }
}
