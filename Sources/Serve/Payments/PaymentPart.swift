import Basis
import Platform
import Secure

/// One part of a store of payments, for as long as its lock is held: slots in the order in which
/// their keys came, so that the oldest expires first, and chains by which a key is found.
///
/// What it reads may have been written by anyone who may write the file, so no number is used as a
/// place before it was checked.
@safe
struct PaymentPart {
    // SAFETY, throughout: `base` has the bytes of one part of `geometry`, aligned to 8, and the
    // lock makes its holder the only one that touches them; `slot` and `chain` check numbers.
    private let base: UnsafeMutableRawPointer
    private let geometry: PaymentGeometry

    init(base: UnsafeMutableRawPointer, of geometry: PaymentGeometry) {
        unsafe self.base = base
        self.geometry = geometry
    }

    /// What a slot holds.
    enum State: UInt32 {
        case empty
        /// A payment has its number and is to be made: seen only if whoever held the lock died.
        case reserved
        case paid
    }

    private enum Head {
        static let isChanging = 0
        static let used = 4
        static let oldest = 8
        static let given = 16
        static let paid = 24
        static let unkeyed = 32
    }

    private enum Field {
        static let state = 0
        static let next = 4
        static let keyCount = 8
        static let owner = 12
        static let ownerStart = 16
        static let payment = 24
        static let expires = 32
        static let due = 40
        static let hash = 48
        static let ordinal = 56
        static let fingerprint = 64
        static let key = 96
    }

    // MARK: the part's head

    private subscript(head offset: Int) -> UInt64 {
        get { unsafe base.load(fromByteOffset: offset, as: UInt64.self) }
        nonmutating set {
            unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: UInt64.self)
        }
    }

    private subscript(short offset: Int) -> UInt32 {
        get { unsafe base.load(fromByteOffset: offset, as: UInt32.self) }
        nonmutating set {
            unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: UInt32.self)
        }
    }

    private var used: Int { Int(self[short: Head.used]) }
    private var oldest: Int { Int(self[short: Head.oldest]) }

    /// Payments that were made with a key, and without one.
    var counts: (keyed: UInt64, unkeyed: UInt64) {
        (self[head: Head.paid], self[head: Head.unkeyed])
    }

    /// A number that no other payment of the part has.
    func giveNumber() -> UInt64 {
        self[head: Head.given] &+= 1
        return self[head: Head.given]
    }

    func countUnkeyed() { self[head: Head.unkeyed] &+= 1 }

    // MARK: slots

    private func place(_ slot: Int, _ field: Int) -> Int {
        precondition(slot >= 0 && slot < geometry.slots, "no such slot")
        return PaymentGeometry.partHeadBytes + 4 * geometry.chains
            + slot * PaymentGeometry.slotBytes + field
    }

    private func number(_ slot: Int, _ field: Int) -> UInt64 { self[head: place(slot, field)] }
    private func set(_ slot: Int, _ field: Int, _ value: UInt64) {
        self[head: place(slot, field)] = value
    }

    func state(_ slot: Int) -> State? { State(rawValue: self[short: place(slot, Field.state)]) }
    func payment(_ slot: Int) -> UInt64 { number(slot, Field.payment) }
    func expires(_ slot: Int) -> Int64 { Int64(bitPattern: number(slot, Field.expires)) }
    /// When its reply is due.
    func due(_ slot: Int) -> Int64 { Int64(bitPattern: number(slot, Field.due)) }

    func owner(_ slot: Int) -> ProcessIdentity {
        ProcessIdentity(
            id: Int32(bitPattern: self[short: place(slot, Field.owner)]),
            start: number(slot, Field.ownerStart))
    }

    func fingerprint(_ slot: Int) -> SHA256 {
        SHA256(words: InlineArray { number(slot, Field.fingerprint + 8 * $0) })
    }

    private func holds(_ key: [UInt8], _ slot: Int) -> Bool {
        guard Int(self[short: place(slot, Field.keyCount)]) == key.count else { return false }
        let start = place(slot, Field.key)
        return key.indices.allSatisfy {
            unsafe base.load(fromByteOffset: start + $0, as: UInt8.self) == key[$0]
        }
    }

    // MARK: chains

    private func chain(_ hash: UInt64) -> Int {
        PaymentGeometry.partHeadBytes + 4 * Int(hash & UInt64(geometry.chains - 1))
    }

    /// The slot that a link names, if it names one.
    private func slot(linkedAt offset: Int) -> Int? {
        let link = Int(self[short: offset])
        return link > 0 && link <= geometry.slots ? link - 1 : nil
    }

    private func link(_ slot: Int) {
        let head = chain(number(slot, Field.hash))
        self[short: place(slot, Field.next)] = self[short: head]
        self[short: head] = UInt32(slot + 1)
    }

    private func unlink(_ wanted: Int) {
        var offset = chain(number(wanted, Field.hash))
        for _ in 0..<geometry.slots {
            guard let found = slot(linkedAt: offset) else { return }
            if found == wanted {
                self[short: offset] = self[short: place(wanted, Field.next)]
                return
            }
            offset = place(found, Field.next)
        }
    }

    /// The slot of a key that has not expired.
    func find(_ key: [UInt8], hash: UInt64, now: Int64) -> Int? {
        var offset = chain(hash)
        for _ in 0..<geometry.slots {
            guard let slot = slot(linkedAt: offset) else { return nil }
            if number(slot, Field.hash) == hash, state(slot) != .empty, now < expires(slot),
                holds(key, slot)
            {
                return slot
            }
            offset = place(slot, Field.next)
        }
        return nil
    }

    // MARK: changes

    /// Marks the part as being changed, so that whoever comes behind a death in the midst of it
    /// mends it.
    private func change(_ body: () -> Void) {
        self[short: Head.isChanging] = 1
        body()
        self[short: Head.isChanging] = 0
    }

    /// Takes a slot for a key that has none; nil when all are of keys that have not expired.
    func reserve(
        _ key: [UInt8], hash: UInt64, fingerprint: SHA256, payment: UInt64, now: Int64
    ) -> Int? {
        let isFull = used >= geometry.slots
        let slot = isFull ? oldest : (oldest + used) % geometry.slots
        if isFull, state(slot) != .empty, now < expires(slot) { return nil }
        change {
            if isFull {
                unlink(slot)
                self[short: place(slot, Field.state)] = State.empty.rawValue
                self[short: Head.oldest] = UInt32((slot + 1) % geometry.slots)
            }
            self[short: place(slot, Field.keyCount)] = UInt32(key.count)
            set(slot, Field.payment, payment)
            set(slot, Field.expires, UInt64(bitPattern: now + geometry.expiry.raw))
            set(slot, Field.due, UInt64(bitPattern: now))
            set(slot, Field.hash, hash)
            for index in 0..<4 {
                set(slot, Field.fingerprint + 8 * index, fingerprint.words[index])
            }
            let start = place(slot, Field.key)
            for index in key.indices {
                unsafe base.storeBytes(of: key[index], toByteOffset: start + index, as: UInt8.self)
            }
            self[short: place(slot, Field.state)] = State.reserved.rawValue
            link(slot)
            if !isFull { self[short: Head.used] = UInt32(used + 1) }
        }
        return slot
    }

    /// The payment of a reserved slot has been made.
    ///
    /// - Parameter due: when its reply is.
    func conclude(_ slot: Int, by owner: ProcessIdentity, due: Int64) {
        change {
            self[short: place(slot, Field.owner)] = UInt32(bitPattern: owner.id)
            set(slot, Field.ownerStart, owner.start)
            set(slot, Field.due, UInt64(bitPattern: due))
            // The slot says how many there are with it, so that none is counted twice or not at
            // all, whenever its maker dies.
            set(slot, Field.ordinal, self[head: Head.paid] &+ 1)
            self[short: place(slot, Field.state)] = State.paid.rawValue
            self[head: Head.paid] = number(slot, Field.ordinal)
        }
    }

    /// Whether the last holder of the lock died in the midst of a change.
    var isBroken: Bool { self[short: Head.isChanging] != 0 }

    /// Makes the chains and counts anew from the slots, and says what can't be.
    func mend() throws(PaymentGeometry.Flaw) {
        guard used <= geometry.slots, oldest < geometry.slots else {
            throw PaymentGeometry.Flaw("its slots are out of bounds")
        }
        for chain in 0..<geometry.chains {
            self[short: PaymentGeometry.partHeadBytes + 4 * chain] = 0
        }
        for step in 0..<used {
            let slot = (oldest + step) % geometry.slots
            guard let state = state(slot),
                (0...255).contains(self[short: place(slot, Field.keyCount)])
            else { throw PaymentGeometry.Flaw("a slot holds no payment") }
            if state == .empty { continue }
            link(slot)
            if state == .paid {
                self[head: Head.paid] = max(self[head: Head.paid], number(slot, Field.ordinal))
            }
        }
        self[short: Head.isChanging] = 0
    }
}
