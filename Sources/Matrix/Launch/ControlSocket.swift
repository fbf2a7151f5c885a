package import Basis
package import Platform
package import Report

/// Asks a running server for its counters over the Unix socket that it was started with.
package enum ControlSocket {
    /// Sends `snapshot` and reads the one line of the answer; nil when there is no such socket or
    /// no answer within `timeout`.
    package static func snapshot(at path: String, timeout: Nanoseconds) -> ServerReport? {
        let line = try? Dialogue.ask("snapshot\n", of: .unix(path: path), timeout: timeout)
        guard let line, let value = try? JSONValue(parsing: line) else { return nil }
        return try? ServerReport(json: value)
    }
}

/// Short talks with a server outside the measured load.
package enum Dialogue {
    /// Whether `address` accepts a connection within `timeout`.
    package static func accepts(_ address: SocketAddress, timeout: Nanoseconds) -> Bool {
        (try? open(address, until: MonotonicClock.now + timeout)) != nil
    }

    /// Sends `request`, which is not empty, and returns what comes back up to the first line end,
    /// the end of the stream or `timeout`.
    package static func ask(
        _ request: String, of address: SocketAddress, timeout: Nanoseconds
    ) throws(SystemError) -> String {
        let deadline = MonotonicClock.now + timeout
        let socket = try open(address, until: deadline)
        var kernel = LinuxKernel()
        // A request of a few bytes fits into the empty buffer of a fresh socket.
        _ = try kernel.send(Array(request.utf8).span, to: socket)
        let poller = try Poller()
        try poller.add(socket, interest: .readable, token: 0)
        var events = EventBuffer(capacity: 1)
        var answer = ByteQueue()
        while true {
            try kernel.wait(on: poller, for: &events, timeout: left(deadline))
            if events.count == 0, MonotonicClock.now >= deadline { break }
            if try receive(&kernel, from: socket, into: &answer) == .closed { break }
            if let end = lineEnd(answer.bytes) { return text(answer.bytes.extracting(..<end)) }
        }
        return text(answer.bytes)
    }

    private static func left(_ deadline: Instant) -> Nanoseconds {
        max(.zero, deadline.since(MonotonicClock.now))
    }

    /// A connected socket.
    private static func open(
        _ address: SocketAddress, until deadline: Instant
    ) throws(SystemError) -> Descriptor {
        let socket = try Socket.client(for: address, from: nil, sendsAtOnce: true)
        var kernel = LinuxKernel()
        if try kernel.connect(socket, to: address) { return socket }
        let poller = try Poller()
        try poller.add(socket, interest: .writable, token: 0)
        var events = EventBuffer(capacity: 1)
        while events.count == 0 {
            try kernel.wait(on: poller, for: &events, timeout: left(deadline))
            if events.count == 0, MonotonicClock.now >= deadline { throw .timedOut("connect") }
        }
        try kernel.connectOutcome(of: socket)
        return socket
    }

    private static func receive(
        _ kernel: inout LinuxKernel, from socket: borrowing Descriptor, into answer: inout ByteQueue
    ) throws(SystemError) -> Received {
        var outcome = Received.wouldBlock
        _ = try unsafe answer.withFreeSpace(minimum: 64 * 1_024) {
            (free) throws(SystemError) -> Int in
            // SAFETY: the kernel fills at most the room it is lent.
            outcome = try unsafe kernel.receive(from: socket, into: free)
            if case .bytes(let count) = outcome { return count }
            return 0
        }
        return outcome
    }

    private static func lineEnd(_ bytes: Span<UInt8>) -> Int? {
        bytes.indices.first { bytes[$0] == UInt8(ascii: "\n") }
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return String(decoding: copy, as: UTF8.self)
    }
}
