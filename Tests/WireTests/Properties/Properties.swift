import Basis
import Wire

/// What must hold for any bytes at all. Each check returns what is broken, nil when nothing is; the
/// fuzzers of Tests/Fuzz run them too.
enum Properties {
    /// A server's verdicts do not depend on the cuts, and every reply reads back.
    static func requestFault(_ bytes: [UInt8]) -> String? {
        let whole = RequestTrace(bytes, bodyLimit: bodyLimit)
        if let fault = whole.badReply { return fault }
        for cuts in cutSets(bytes) {
            for keepsConsumed in [false, true] {
                let cut = RequestTrace(
                    bytes, cuts: cuts, keepsConsumed: keepsConsumed, bodyLimit: bodyLimit)
                if cut != whole {
                    return "cut at \(cuts.prefix(8)): \(cut), but whole: \(whole)"
                }
            }
        }
        return nil
    }

    /// A client's verdicts depend neither on the cuts nor on what a predictor has seen before.
    static func responseFault(_ bytes: [UInt8]) -> String? {
        for answersHead in [false, true] {
            let whole = ResponseTrace(bytes, answersHead: answersHead)
            for cuts in cutSets(bytes) + [[]] {
                for predicts in [false, true] {
                    let cut = ResponseTrace(
                        bytes, cuts: cuts, answersHead: answersHead, predicts: predicts)
                    if cut != whole {
                        return "cut at \(cuts.prefix(8)) (predicts: \(predicts)): \(cut), "
                            + "but whole: \(whole)"
                    }
                }
            }
        }
        return nil
    }

    /// Small, so that inputs of a test's size reach it.
    private static let bodyLimit: UInt64 = 4_096

    /// Byte by byte, and a few cuts drawn from the bytes themselves, so that a finding can be
    /// repeated.
    static func cutSets(_ bytes: [UInt8]) -> [[Int]] {
        var generator = SeededGenerator(
            seed: bytes.reduce(UInt64(bytes.count)) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 })
        let few = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
        return [Array(0..<bytes.count), few]
    }
}
