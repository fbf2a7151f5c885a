// Hot path
import Basis

/// Fills the places in a thread's requests.
struct RequestFiller: Sendable {
    let texts: RequestTexts
    /// The number of the request among those of the run, from 0: threads take turns.
    private var number: UInt64
    private let threads: UInt64
    private var generator: SeededGenerator

    /// - Parameter generator: what integers and UUIDs are drawn from.
    init(_ texts: RequestTexts, thread: Int, of threads: Int, generator: SeededGenerator) {
        self.texts = texts
        number = UInt64(thread)
        self.threads = UInt64(threads)
        self.generator = generator
    }

    /// What is filled from here on is of the next request.
    @inline(always)
    mutating func advance() { number &+= threads }

    /// Appends a text.
    ///
    /// - Parameter bodyBytes: the length of the request's body.
    mutating func append(
        _ text: RequestTexts.Text, bodyBytes: Int = 0, to output: inout ByteQueue
    ) {
        // Borrowed texts and a changing generator of one value exclude each other.
        var draws = generator
        appendPieces(of: text, bodyBytes: bodyBytes, drawing: &draws, to: &output)
        generator = draws
    }

    @inline(always)
    private func appendPieces(
        of text: RequestTexts.Text, bodyBytes: Int, drawing generator: inout SeededGenerator,
        to output: inout ByteQueue
    ) {
        let bytes = texts.bytes.span
        let pieces = texts.pieces.span
        for index in text {
            switch pieces[index] {
            case .constant(let start, let count):
                output.append(bytes.extracting(start..<start &+ count))
            case .sequence(let from): output.append(decimal: from &+ number)
            case .random(let low, let steps):
                let draw = generator.next()
                let step = steps == 0 ? draw : draw.multipliedFullWidth(by: steps).high
                output.append(decimal: low &+ step)
            case .uuid: Self.appendUUID(drawing: &generator, to: &output)
            case .column(let first, let rows):
                let place = first &+ Int(number % UInt64(rows))
                let starts = texts.starts.span
                output.append(bytes.extracting(starts[place]..<starts[place &+ 1]))
            case .length: output.append(decimal: UInt64(bodyBytes))
            }
        }
    }

    /// A random UUID: version 4 and the variant of RFC 9562 §4.1 stand in fixed bits.
    private static func appendUUID(
        drawing generator: inout SeededGenerator, to output: inout ByteQueue
    ) {
        let high = generator.next() & ~0xF000 | 0x4000
        let low = generator.next() & ~(0b11 << 62) | 0b10 << 62
        // 8-4-4-4-12 digits.
        output.append(bigEndian: high.halves.high.hexDigits)
        appendDashed(high.halves.low.hexDigits.halves, to: &output)
        appendDashed(low.halves.high.hexDigits.halves, to: &output)
        output.append(bigEndian: low.halves.low.hexDigits)
    }

    @inline(always)
    private static func appendDashed(
        _ digits: (high: UInt32, low: UInt32), to output: inout ByteQueue
    ) {
        output.append(UInt8(ascii: "-"))
        output.append(bigEndian: digits.high)
        output.append(UInt8(ascii: "-"))
        output.append(bigEndian: digits.low)
    }
}
