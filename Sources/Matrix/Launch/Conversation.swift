import Basis
import Platform

/// One connection to a server outside the measured load, for a question that is answered in a line.
struct Conversation: ~Copyable {
    private let socket: Descriptor
    private let poller: Poller
    private var kernel = LinuxKernel()
    private var events = EventBuffer(capacity: 1)
    private var buffer = ByteQueue()

    /// Throws what refuses the connection, or that it took longer than `timeout`.
    init(with address: SocketAddress, timeout: Nanoseconds) throws(SystemError) {
        let deadline = MonotonicClock.now + timeout
        let socket = try Socket.client(for: address, from: nil, sendsAtOnce: true)
        let poller = try Poller()
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 1)
        if try !kernel.connect(socket, to: address) {
            try poller.add(socket, interest: .writable, token: 0)
            try Self.wait(&kernel, on: poller, for: &events, until: deadline, "connect")
            try kernel.connectOutcome(of: socket)
            try kernel.control(poller, .modify, socket, interest: .readable, token: 0)
        } else {
            try poller.add(socket, interest: .readable, token: 0)
        }
        self.socket = socket
        self.poller = poller
    }

    /// Whether `address` accepts a connection within `timeout`.
    static func isAccepted(by address: SocketAddress, timeout: Nanoseconds) -> Bool {
        do throws(SystemError) {
            _ = try Conversation(with: address, timeout: timeout)
            return true
        } catch {
            return false
        }
    }

    /// Sends `request`, which is not empty, and returns the first line of what comes back, or all
    /// of it where the stream ends before. Throws when neither comes within `timeout`.
    mutating func askLine(
        _ request: String, timeout: Nanoseconds
    ) throws(SystemError) -> Substring {
        let deadline = MonotonicClock.now + timeout
        // A request of a few bytes fits into the empty buffer of the socket.
        _ = try kernel.send(Array(request.utf8).span, to: socket)
        while true {
            try Self.wait(&kernel, on: poller, for: &events, until: deadline, "recv")
            let isOver = try receive() == .closed
            let text = String(decoding: Array(copying: buffer.bytes), as: UTF8.self)
            if isOver || text.contains(where: \.isNewline) { return text.prefix { !$0.isNewline } }
        }
    }

    /// A signal ends a wait early.
    private static func wait(
        _ kernel: inout LinuxKernel, on poller: borrowing Poller, for events: inout EventBuffer,
        until deadline: Instant, _ call: StaticString
    ) throws(SystemError) {
        repeat {
            let left = deadline.since(MonotonicClock.now)
            if left <= .zero { throw .timedOut(call) }
            try kernel.wait(on: poller, for: &events, timeout: left)
        } while events.count == 0
    }

    private mutating func receive() throws(SystemError) -> Received {
        var outcome = Received.wouldBlock
        _ = try unsafe buffer.withFreeSpace(minimum: 64 * 1_024) {
            (free) throws(SystemError) -> Int in
            // SAFETY: the kernel fills at most the room it is lent.
            outcome = try unsafe kernel.receive(from: socket, into: free)
            if case .bytes(let count) = outcome { return count }
            return 0
        }
        return outcome
    }
}
