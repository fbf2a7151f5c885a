package import Basis
import CLinux
import Glibc

/// How the kernel chooses among the listeners of one address that share its port. What is set on
/// one of them holds for all that are bound when a connection comes (socket(7), SO_REUSEPORT).
package enum ListenerGroup {
    /// The i-th listener takes what arrives on the i-th CPU, by a classic packet filter.
    package static func chooseByCPU(
        _ listener: borrowing Descriptor, cpus: [Int]
    ) throws(SystemError) {
        let fd = listener.raw
        let numbers = cpus.map { UInt32($0) }
        _ = try checked("setsockopt") {
            // SAFETY: reads as many numbers as it is told.
            unsafe clinux_choose_by_cpu(fd, numbers, CInt(numbers.count))
        }
    }

    /// Of listeners that would do alike, this one takes what arrives on `cpu` (SO_INCOMING_CPU).
    package static func prefer(
        cpu: Int, for listener: borrowing Descriptor
    ) throws(SystemError) {
        let fd = listener.raw
        _ = try checked("setsockopt") { clinux_prefer_cpu(fd, CInt(clamping: cpu)) }
    }
}

/// What the kernel's choice among the listeners of a port goes by, in memory that it shares with
/// the loops behind them: a map of bpf(2). Programs stay with the listeners that they were given.
@safe
package struct ListenerLoads: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: `loads` has `count` elements from `init` to `deinit`. Each is written by
    // the thread of its loop and by the kernel, word by word, and read by the kernel.
    private let loads: UnsafeMutablePointer<clinux_listener_load>
    private let count: Int
    private let map: Descriptor

    /// - Parameter count: the listeners of each address.
    package init(count: Int) throws(SystemError) {
        precondition(count > 0, "a group has listeners")
        var memory: UnsafeMutablePointer<clinux_listener_load>?
        map = Descriptor(
            raw: try checked("bpf") { unsafe clinux_create_loads(CInt(count), &memory) })
        guard let memory = unsafe memory else { preconditionFailure("a map without memory") }
        unsafe loads = memory
        self.count = count
    }

    deinit { unsafe clinux_unmap_loads(loads, CInt(count)) }

    /// The group of `listener` takes connections in turn.
    package func takeTurns(_ listener: borrowing Descriptor) throws(SystemError) {
        let map = self.map.raw
        let count = CInt(self.count)
        try attach(
            Descriptor(raw: try checked("bpf") { clinux_load_turns(map, count) }), to: listener)
    }

    /// Of the group of `listener` that one takes a connection whose loop has the fewest, those last
    /// that have been busy for longer than `stall`.
    ///
    /// - Parameter candidates: so many are looked at, from a random one on.
    package func chooseLeast(
        _ listener: borrowing Descriptor, candidates: Int, stall: Nanoseconds
    ) throws(SystemError) {
        let map = self.map.raw
        let count = CInt(self.count)
        let program = try checked("bpf") {
            clinux_load_least(map, count, CInt(candidates), UInt64(stall.raw))
        }
        try attach(Descriptor(raw: program), to: listener)
    }

    private func attach(
        _ program: consuming Descriptor, to listener: borrowing Descriptor
    ) throws(SystemError) {
        let fd = listener.raw
        let program = consume program
        let number = program.raw
        _ = try checked("setsockopt") { clinux_choose_by_program(fd, number) }
    }

    /// The loop of listener `index` begins a turn.
    @inline(always)
    package func beginTurn(_ index: Int, at now: Instant) {
        precondition(index < count, "no such listener")
        unsafe clinux_publish_turn(loads + index, UInt64(now.raw))
    }

    /// The loop waits, with so many connections. Of those that were sent its way it has taken
    /// `taken`, or will never see them.
    @inline(always)
    package func endTurn(_ index: Int, connections: Int, taken: UInt64) {
        precondition(index < count, "no such listener")
        unsafe clinux_publish_rest(loads + index, UInt64(connections), taken)
    }

    /// How many connections were sent to listener `index` so far.
    package func chosen(_ index: Int) -> UInt64 {
        precondition(index < count, "no such listener")
        return unsafe clinux_chosen(loads + index)
    }
}
