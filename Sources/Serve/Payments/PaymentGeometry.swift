package import Basis
import Platform
import Secure

/// How a store of payments is laid out: a header, then parts of equal size, each with a lock of its
/// own. A file says it in its header.
package struct PaymentGeometry: Equatable, Sendable {
    let parts: Int
    /// Keys that one part remembers.
    let slots: Int
    /// How long a key is remembered.
    let expiry: Nanoseconds

    /// - Parameter keys: remembered in all, at least.
    package init(keys: Int, expiry: Nanoseconds) {
        parts = min(Self.partsMost, max(1, keys / Self.slotsWorthSharing))
        slots = (keys + parts - 1) / parts
        self.expiry = expiry
    }

    private init(parts: Int, slots: Int, expiry: Nanoseconds) {
        self.parts = parts
        self.slots = slots
        self.expiry = expiry
    }

    private static var partsMost: Int { 16 }
    /// A part with few slots is full long before the others are.
    private static var slotsWorthSharing: Int { 65_536 }
    static var slotsMost: Int { 1 << 24 }

    static var headerBytes: Int { 4_096 }
    static var partHeadBytes: Int { 64 }
    static var slotBytes: Int { 352 }

    /// Chains of slots in a part: a power of two.
    var chains: Int {
        var count = 1
        while count < slots { count *= 2 }
        return count
    }

    var partBytes: Int {
        let bytes = Self.partHeadBytes + 4 * chains + Self.slotBytes * slots
        return (bytes + 63) / 64 * 64
    }

    var bytes: Int { Self.headerBytes + parts * partBytes }

    func place(ofPart part: Int) -> Range<Int> {
        precondition(part >= 0 && part < parts, "no such part")
        let start = Self.headerBytes + part * partBytes
        return start..<start + partBytes
    }

    // MARK: as a file says it

    /// `SWPAYMT1`, read as a little-endian number: a file of another byte order is another one.
    private static var magic: UInt64 { 0x3154_4D59_4150_5753 }
    private static var version: UInt32 { 1 }

    /// The words of the header: what it is, its geometry, what keys are mixed with, and the digest
    /// of all that.
    func header(salt: InlineArray<2, UInt64>) -> [UInt64] {
        let words = [
            Self.magic, UInt64(Self.version) | UInt64(Self.slotBytes) << 32,
            UInt64(parts) | UInt64(slots) << 32, UInt64(bitPattern: expiry.raw), salt[0], salt[1],
        ]
        return words + Self.digest(words)
    }

    static var headerWords: Int { 10 }

    private static func digest(_ words: [UInt64]) -> [UInt64] {
        let bytes = words.flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        let digest = SHA256(bytes.span).words
        return (0..<4).map { digest[$0] }
    }

    /// Reads a header; says what is wrong with it.
    static func read(
        _ words: [UInt64], fileBytes: Int
    ) throws(Flaw) -> (geometry: PaymentGeometry, salt: InlineArray<2, UInt64>) {
        guard words.count == headerWords, words[0] == magic else {
            throw Flaw("it is no such store")
        }
        guard words[1] == UInt64(version) | UInt64(slotBytes) << 32 else {
            throw Flaw("it is of another version")
        }
        guard Array(words[6...]) == digest(Array(words[..<6])) else {
            throw Flaw("its header is damaged")
        }
        let (parts, slots) = (Int(words[2] & 0xFFFF_FFFF), Int(words[2] >> 32))
        let expiry = Int64(bitPattern: words[3])
        guard (1...partsMost).contains(parts), (1...slotsMost).contains(slots), expiry > 0 else {
            throw Flaw("its header says what can't be")
        }
        let geometry = PaymentGeometry(
            parts: parts, slots: slots, expiry: Nanoseconds(raw: expiry))
        guard fileBytes == geometry.bytes else {
            throw Flaw("it has \(fileBytes) bytes instead of \(geometry.bytes)")
        }
        return (geometry, [words[4], words[5]])
    }

    /// What is wrong with a store.
    struct Flaw: Error, Equatable {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }
}
