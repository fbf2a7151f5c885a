/// The number of a descriptor that somebody else owns, good for one thing: arming a poller for it
/// after the ownership was passed on. The new owner must not close it before that is done.
package struct DescriptorAlias: Sendable {
    fileprivate let raw: CInt
}

extension Descriptor {
    package var alias: DescriptorAlias { DescriptorAlias(raw: raw) }
}

extension Kernel {
    /// Watches a descriptor that its new owner already knows of; says whether the kernel had room.
    package mutating func arm(
        _ poller: borrowing Poller, _ alias: DescriptorAlias, interest: Interest, token: UInt64
    ) -> Bool {
        let lent = Descriptor(raw: alias.raw)
        let hadRoom =
            (try? control(poller, .add, lent, interest: interest, token: token)) != nil
        // It stays open: it is the new owner's.
        _ = lent.release()
        return hadRoom
    }
}
