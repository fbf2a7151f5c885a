import Wire

/// What the standard library says of bytes that should be UTF-8.
enum UTF8Oracle {
    /// The index of the first byte that cannot be part of a valid text with the bytes before it,
    /// and whether the text may end where the bytes do.
    static func judge(_ bytes: [UInt8]) -> (fault: Int?, isAtBoundary: Bool) {
        var sequence: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            sequence.append(byte)
            if isValid(sequence) {
                sequence = []
            } else if !endings.contains(where: { isValid(sequence + $0) }) {
                return (index, false)
            }
        }
        return (nil, sequence.isEmpty)
    }

    private static func isValid(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    /// The lowest and the highest byte a sequence may go on with: one of them fits wherever any
    /// does.
    private static let endings: [[UInt8]] = {
        let one: [[UInt8]] = [[0x80], [0xBF]]
        let two = one.flatMap { first in one.map { first + $0 } }
        return one + two + two.flatMap { first in one.map { first + $0 } }
    }()

    /// What our validator says of the same bytes, masked and in pieces.
    static func ours(
        _ bytes: [UInt8], mask: WebSocket.Mask = .none, cuts: [Int] = []
    ) -> (fault: Int?, isAtBoundary: Bool) {
        var validator = UTF8Validator()
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            let masked = (start..<cut).map { mask.byte(bytes[$0], at: $0) }
            if let fault = validator.consume(masked.span, mask: mask.advanced(by: start)) {
                return (start + fault, false)
            }
            start = cut
        }
        return (nil, validator.isAtBoundary)
    }
}
