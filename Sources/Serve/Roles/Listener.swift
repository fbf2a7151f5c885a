package import Platform

/// A socket that listens, as the threads that accept from it hold it.
package struct Listener: Sendable {
    let socket: Shared<Descriptor>
    package let address: SocketAddress

    init(_ socket: consuming Descriptor) throws(SystemError) {
        address = try Socket.localAddress(of: socket)
        self.socket = Shared(socket)
    }
}

/// Accepts one connection at a time and survives having no descriptor for it.
struct Doorkeeper: ~Copyable {
    /// Given up for a moment when descriptors run out, so that the waiting connection can be
    /// accepted and closed. Otherwise it would stay ready for ever and the loop would spin on it.
    private var reserve: Descriptor?
    /// Set when accepting is pointless before something else has happened.
    private(set) var mustPause = false

    /// - Parameter holdingReserve: false for a keeper of no door.
    init(holdingReserve: Bool = true) throws(SystemError) {
        reserve = holdingReserve ? try Descriptor.placeholder() : nil
    }

    /// The next waiting connection; nil when none waits or none can be had.
    mutating func admit<K: Kernel>(
        from listener: borrowing Descriptor, with kernel: inout K, tally: inout Tally
    ) -> Descriptor? {
        mustPause = false
        do {
            if let accepted = try kernel.accept(on: listener) {
                tally.accepted &+= 1
                return accepted
            }
        } catch {
            if error.isOutOfDescriptors {
                return shedOne(from: listener, with: &kernel, tally: &tally)
            } else {
                mustPause = true
            }
        }
        return nil
    }

    /// Frees the waiting connection's place in the queue. Returns it where there is room for it
    /// after all.
    private mutating func shedOne<K: Kernel>(
        from listener: borrowing Descriptor, with kernel: inout K, tally: inout Tally
    ) -> Descriptor? {
        mustPause = true
        guard let held = reserve.take() else {
            reserve = try? Descriptor.placeholder()
            return nil
        }
        kernel.close(held)
        let waiting = try? kernel.accept(on: listener)
        reserve = try? Descriptor.placeholder()
        guard let waiting = consume waiting else { return nil }
        if reserve != nil {
            // The accept may have blocked, and descriptors came free meanwhile.
            tally.accepted &+= 1
            return waiting
        }
        kernel.close(waiting)
        tally.shed &+= 1
        reserve = try? Descriptor.placeholder()
        return nil
    }
}
