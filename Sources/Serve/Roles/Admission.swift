import Basis
import Platform
import Synchronization

/// Accepts one connection at a time and survives having no descriptor for it.
///
/// The table of descriptors is the process's: while one has given up its reserve, another
/// may accept a connection with it. So each gives such a connection up again.
struct Admission: ~Copyable {
    /// Those of this process whose reserve is given up.
    private static let withoutReserve = Atomic(0)

    /// Given up for a moment when descriptors run out, so that the waiting connection can be
    /// accepted and closed. Otherwise it would stay ready for ever and the loop would spin on it.
    private var reserve: Descriptor?
    /// Whether this is one of those.
    private var isWithoutReserve = false
    /// Set when accepting is pointless before something else has happened.
    private(set) var mustPause = false

    /// Connections have descriptors below this number only.
    private let places: Int

    /// - Parameters:
    ///   - holdingReserve: false where nothing is to be accepted.
    ///   - spare: descriptors that connections leave to whoever else opens some in this process.
    init(holdingReserve: Bool = true, leaving spare: Int = 0) throws(SystemError) {
        reserve = holdingReserve ? try Descriptor.placeholder() : nil
        places = DescriptorLimit.current.soft - spare
    }

    deinit {
        if isWithoutReserve { Self.withoutReserve.subtract(1, ordering: .relaxed) }
    }

    /// The next waiting connection; nil when none waits or none can be had.
    mutating func admit<K: Kernel>(
        from listener: Listener, with kernel: inout K, tally: inout Tally
    ) -> Descriptor? {
        mustPause = false
        if isWithoutReserve { restoreReserve() }
        do {
            if let accepted = try listener.accept(with: &kernel) {
                let isTooMany =
                    !accepted.isAmongFirst(places)
                    || Self.withoutReserve.load(ordering: .sequentiallyConsistent) > 0
                        && !Self.hasRoom
                if isTooMany {
                    mustPause = true
                    shed(accepted, with: &kernel, tally: &tally)
                    return nil
                }
                // One that was passed is another's.
                if !listener.isPassed { tally.accepted &+= 1 }
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
        from listener: Listener, with kernel: inout K, tally: inout Tally
    ) -> Descriptor? {
        mustPause = true
        guard let held = reserve.take() else { return nil }
        // Before the descriptor is free, so that whoever takes it knows whose it is.
        isWithoutReserve = true
        Self.withoutReserve.add(1, ordering: .sequentiallyConsistent)
        kernel.close(held)
        let waiting = try? listener.accept(with: &kernel)
        restoreReserve()
        guard let waiting = consume waiting else { return nil }
        if !isWithoutReserve {
            // The accept may have blocked, and descriptors came free meanwhile.
            if !listener.isPassed { tally.accepted &+= 1 }
            return waiting
        }
        shed(waiting, with: &kernel, tally: &tally)
        return nil
    }

    /// Closes a connection for which there is no descriptor but a reserve.
    private mutating func shed<K: Kernel>(
        _ connection: consuming Descriptor, with kernel: inout K, tally: inout Tally
    ) {
        kernel.close(connection)
        tally.shed &+= 1
        restoreReserve()
    }

    private mutating func restoreReserve() {
        guard isWithoutReserve, let taken = try? Descriptor.placeholder() else { return }
        reserve = consume taken
        isWithoutReserve = false
        Self.withoutReserve.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Whether a descriptor is free at all, as when the one without a reserve only sleeps.
    private static var hasRoom: Bool { (try? Descriptor.placeholder()) != nil }
}
