import Basis
import Testing

/// Changes `bytes` in one small way: a byte set, flipped, dropped or doubled, a run copied, or a
/// scrap of HTTP put in.
func mutate(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
    let at = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
    switch bytes.isEmpty ? 5 : Int.random(in: 0..<6, using: &generator) {
    case 0:
        bytes[at] = UInt8.random(in: .min ... .max, using: &generator)
    case 1:
        bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2:
        bytes.remove(at: at)
    case 3:
        bytes.insert(bytes[at], at: at)
    case 4:
        let end = Int.random(in: at..<min(bytes.count, at + 40), using: &generator)
        let target = Int.random(in: 0...bytes.count, using: &generator)
        bytes.insert(contentsOf: Array(bytes[at..<end]), at: target)
    default:
        let scrap = scraps[Int.random(in: 0..<scraps.count, using: &generator)]
        bytes.insert(contentsOf: Array(scrap.utf8), at: at)
    }
}

/// Holds mutations of samples against a property, the same ones for the same seed.
///
/// - Parameters:
///   - joins: whether another sample follows a sample, before anything is changed.
///   - fault: what is wrong with what is made of the bytes.
func expectProperties(
    of corpus: [Sample], seed: UInt64, rounds: Int,
    joins: (inout SeededGenerator) -> Bool = { _ in false }, _ fault: ([UInt8]) -> String?,
    at location: SourceLocation = #_sourceLocation
) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<rounds {
        var bytes = corpus.randomElement(using: &generator)?.bytes ?? []
        if joins(&generator) { bytes += corpus.randomElement(using: &generator)?.bytes ?? [] }
        for _ in 0...Int.random(in: 0..<4, using: &generator) {
            mutate(&bytes, using: &generator)
        }
        let fault = fault(bytes)
        #expect(fault == nil, "seed \(seed), round \(round)", sourceLocation: location)
    }
}

private let scraps = [
    "\r\n", "\r", "\n", "\0", " ", "\t", ":", ";", ",", "?", "#", "0", "9", "\u{ff}",
    "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http://a/", "Host: b\r\n", "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n",
    "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "ffffffffffffffff\r\n", ";ext=\"a\"",
]
