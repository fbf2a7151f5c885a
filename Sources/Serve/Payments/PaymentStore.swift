import Basis
import Platform
import Secure
import Synchronization

/// Remembers which keys have paid, for all threads and, in a file, for all processes that map it
/// (docs/decisions/0013-payment-store.md).
final class PaymentStore: Sendable {
    /// What became of a request to pay.
    enum Outcome: Equatable {
        /// Paid now.
        case paid(UInt64)
        /// Paid before, and this is what was said.
        case repeated(UInt64)
        /// Paid before, with another request.
        case mismatch
        /// Paid, but the reply is not due yet.
        case inProgress
        /// No key can be remembered: all have a claim still.
        case full
        /// The payment could not be made, or the store can't be used any more.
        case failed
    }

    private let mapping: SharedMapping
    private let geometry: PaymentGeometry
    private let salt: InlineArray<2, UInt64>
    private let journal: SharedJournal?
    /// Threads exclude each other here, processes by the locks of the file.
    private let gates: [Gate]

    private final class Gate: Sendable {
        let lock = Guarded(())
    }

    /// A store in memory.
    init(_ geometry: PaymentGeometry, journal: consuming SharedJournal? = nil) {
        self.geometry = geometry
        self.journal = journal
        mapping = SharedMapping(bytes: geometry.bytes)
        salt = Self.newSalt()
        gates = (0..<geometry.parts).map { _ in Gate() }
    }

    /// A store in a file, which is made if there is none.
    init(
        _ geometry: PaymentGeometry, path: String, journal: consuming SharedJournal? = nil
    ) throws(Complaint) {
        var isNew = false
        let mapping = try Self.map(path, geometry, isNew: &isNew)
        if mapping.count < PaymentGeometry.headerBytes {
            throw Self.unusable(path, "it has only \(mapping.count) bytes")
        }
        if isNew {
            salt = Self.newSalt()
            for (index, word) in geometry.header(salt: salt).enumerated() {
                // SAFETY: the header is within the mapping, and the file is held against others.
                unsafe mapping.base.storeBytes(of: word, toByteOffset: 8 * index, as: UInt64.self)
            }
        } else {
            var words: [UInt64] = []
            for index in 0..<PaymentGeometry.headerWords {
                // SAFETY: the mapping has at least a header.
                words.append(
                    unsafe mapping.base.load(fromByteOffset: 8 * index, as: UInt64.self))
            }
            do throws(PaymentGeometry.Flaw) {
                let found = try PaymentGeometry.read(words, fileBytes: mapping.count)
                salt = found.salt
                if found.geometry != geometry { throw Self.misfit(found.geometry) }
            } catch {
                throw Self.unusable(path, error.reason)
            }
        }
        self.geometry = geometry
        self.journal = journal
        gates = (0..<geometry.parts).map { _ in Gate() }
        self.mapping = mapping
        do throws(PaymentGeometry.Flaw) {
            for part in 0..<geometry.parts {
                try withPart(part) { (part) throws(PaymentGeometry.Flaw) in try part.mend() }
            }
        } catch {
            throw Self.unusable(path, error.reason)
        }
        self.mapping.admitOthers()
    }

    /// Maps the file; a new one is given its size.
    private static func map(
        _ path: String, _ geometry: PaymentGeometry, isNew: inout Bool
    ) throws(Complaint) -> SharedMapping {
        do throws(SystemError) {
            let file = try SharedFile(path)
            guard let size = file.regularSize else { throw .notAFile }
            isNew = size == 0
            if isNew { try file.grow(to: geometry.bytes) }
            return try SharedMapping(of: file)
        } catch {
            throw error.complaint(
                "can't use the payment store \(path)",
                remedy: "give a file in a folder that you may write to, with room for"
                    + " \(ByteCount(raw: geometry.bytes).display)")
        }
    }

    private static func misfit(_ found: PaymentGeometry) -> PaymentGeometry.Flaw {
        PaymentGeometry.Flaw(
            "it is for --payment-keys \(found.parts * found.slots) and --payment-expiry"
                + " \(found.expiry.display)")
    }

    private static func unusable(_ path: String, _ reason: String) -> Complaint {
        Complaint(
            "the payment store \(path) can't be used: \(reason)",
            remedy: "give the options it was made with, or another file", status: .failure)
    }

    /// Keys are mixed with it before they choose a place, so that nobody can choose keys which
    /// share one.
    private static func newSalt() -> InlineArray<2, UInt64> {
        var random = SystemRandomNumberGenerator()
        return InlineArray { _ in random.next() }
    }

    // MARK: locks

    private func withPart<Result>(
        _ number: Int,
        _ body: (PaymentPart) throws(PaymentGeometry.Flaw) -> Result
    ) throws(PaymentGeometry.Flaw) -> Result {
        let place = geometry.place(ofPart: number)
        return try gates[number].lock.withLock { (_) throws(PaymentGeometry.Flaw) in
            try mapping.alone(
                with: place, refused: { PaymentGeometry.Flaw($0.reason) }
            ) { () throws(PaymentGeometry.Flaw) in
                // SAFETY: the place is within the mapping, whose size was checked, and aligned.
                let part = unsafe PaymentPart(
                    base: mapping.base + place.lowerBound, of: geometry)
                return try body(part)
            }
        }
    }

    // MARK: payments

    /// Pays once for `key`, whoever asks.
    ///
    /// - Parameters:
    ///   - fingerprint: of the request; one key goes with one request.
    ///   - span: for how long the payment counts as being in progress.
    func pay(
        key: [UInt8], fingerprint: SHA256, for span: Nanoseconds = .zero,
        now: Int64 = WallClock.nanoseconds
    ) -> Outcome {
        let hash = hash(of: key)
        let number = Int(hash >> 32) % geometry.parts
        let outcome = try? withPart(number) { (part) throws(PaymentGeometry.Flaw) in
            if part.isBroken { try part.mend() }
            if let slot = part.find(key, hash: hash, now: now) {
                guard part.fingerprint(slot) == fingerprint else { return Outcome.mismatch }
                if part.state(slot) == .reserved {
                    return finish(slot, of: part, key, due: now + span.raw, mayBeMade: true)
                }
                // Whoever was to reply may be gone; the payment is made all the same.
                if now < part.due(slot), part.owner(slot).isAlive { return .inProgress }
                return .repeated(part.payment(slot))
            }
            let payment = self.number(part.giveNumber(), inPart: number)
            guard
                let slot = part.reserve(
                    key, hash: hash, fingerprint: fingerprint, payment: payment, now: now)
            else { return .full }
            return finish(slot, of: part, key, due: now + span.raw, mayBeMade: false)
        }
        return outcome ?? .failed
    }

    /// Pays without a key, each time anew.
    func payWithoutKey() -> Outcome {
        let outcome = try? withPart(0) { (part) throws(PaymentGeometry.Flaw) in
            if part.isBroken { try part.mend() }
            let payment = number(part.giveNumber(), inPart: 0)
            guard make(payment, key: nil) else { return Outcome.failed }
            part.countUnkeyed()
            return .paid(payment)
        }
        return outcome ?? .failed
    }

    /// Makes the payment of a slot, under the lock, unless it was made by someone who died before
    /// it could be noted, which the journal tells.
    private func finish(
        _ slot: Int, of part: PaymentPart, _ key: [UInt8], due: Int64, mayBeMade: Bool
    ) -> Outcome {
        let payment = part.payment(slot)
        if !(mayBeMade && isMade(payment, key: key)), !make(payment, key: key) { return .failed }
        part.conclude(slot, by: .current, due: due)
        return .paid(payment)
    }

    /// What a payment does: a line in the journal, where there is one.
    private func make(_ payment: UInt64, key: [UInt8]?) -> Bool {
        guard journal != nil else { return true }
        return (try? journal?.append(Self.line(payment, key))) != nil
    }

    private func isMade(_ payment: UInt64, key: [UInt8]) -> Bool {
        guard journal != nil else { return false }
        return (try? journal?.contains(Self.line(payment, key))) == true
    }

    private static func line(_ payment: UInt64, _ key: [UInt8]?) -> [UInt8] {
        let name = key.map { [UInt8(ascii: "=")] + $0 } ?? []
        return Array("\(payment) ".utf8) + name + [UInt8(ascii: "\n")]
    }

    private func number(_ given: UInt64, inPart part: Int) -> UInt64 {
        (given &- 1) &* UInt64(geometry.parts) &+ UInt64(part) &+ 1
    }

    private func hash(of key: [UInt8]) -> UInt64 {
        var bytes: [UInt8] = []
        for index in 0..<2 {
            for shift in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: salt[index] >> (8 * shift)))
            }
        }
        bytes += key
        return SHA256(bytes.span).words[0]
    }

    /// Payments that were made since the store was, and keys that have paid.
    var counts: (payments: UInt64, keys: UInt64) {
        var sum: (payments: UInt64, keys: UInt64) = (0, 0)
        for part in 0..<geometry.parts {
            guard let (keyed, unkeyed) = try? withPart(part, { $0.counts }) else { continue }
            sum.payments &+= keyed &+ unkeyed
            sum.keys &+= keyed
        }
        return sum
    }
}
