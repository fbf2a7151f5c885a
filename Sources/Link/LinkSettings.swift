package import Basis

/// What a link is asked to be like.
package struct LinkSettings: Equatable, Sendable {
    /// How packets get out of the networks and into them.
    package enum Device: String, CaseIterable, Sendable { case tun, veth }

    /// Waited by every packet and its answer together.
    package var roundTrip: Nanoseconds
    /// The most that a packet waits in addition, evenly drawn.
    package var jitter = Nanoseconds.zero
    /// The share of packets that are lost, 0...1.
    package var loss = 0.0
    /// In bits a second, each direction for itself; nil for no limit.
    package var rate: Int?
    /// What may wait in front of the rate, in each direction; more is dropped.
    package var queue = ByteCount.kibibytes(256)
    package var seed: UInt64 = 0
    /// Nil for TUN where it may be used, else veth.
    package var device: Device?

    package init(roundTrip: Nanoseconds) { self.roundTrip = roundTrip }

    /// Halves a round trip; the way back has the odd nanosecond.
    package func delay(_ direction: Direction) -> Nanoseconds {
        direction == .forth ? roundTrip / 2 : roundTrip - roundTrip / 2
    }
}

/// The two ends of a link.
package enum LinkSide: String, CaseIterable, Sendable {
    case near, far

    /// Of the range for measuring networks (RFC 2544, appendix C.2.2): no other network has it.
    package var address: UInt32 { self == .near ? 0xC612_0001 : 0xC612_0002 }

    package var addressText: String { self == .near ? "198.18.0.1" : "198.18.0.2" }

    package var other: LinkSide { self == .near ? .far : .near }
}

/// The two ways through a link.
package enum Direction: String, CaseIterable, Sendable {
    /// From the near side to the far one.
    case forth
    case back
}

/// A rate in bits a second as people write it: `100mbit`.
package func parseBitRate(_ text: String) -> Int? {
    let units: [(String, Int)] = [
        ("kbit", 1_000), ("mbit", 1_000_000), ("gbit", 1_000_000_000), ("bit", 1),
    ]
    for (unit, scale) in units where text.hasSuffix(unit) {
        let number = text.dropLast(unit.count)
        guard number.first != ".",
            number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let value = Double(number)
        else { return nil }
        let bits = (value * Double(scale)).rounded()
        return bits <= 1e15 ? Int(bits) : nil
    }
    return nil
}
