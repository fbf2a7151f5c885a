import Basis
import Platform

/// One connection to a server on which requests follow one another, each after the last answer:
/// what the server does for them then depends on nothing but the server.
struct Conversation: ~Copyable {
    private enum Limit {
        static let answer = Nanoseconds.seconds(5)
    }

    private let socket: Descriptor
    private let poller: Poller
    private var kernel: LinuxKernel
    private var events: EventBuffer
    private var buffer = ByteQueue()

    init(port: UInt16) throws(SystemError) {
        let address = SocketAddress.v4(0x7F00_0001, port: port)
        let socket = try Socket.client(for: address, from: nil, sendsAtOnce: true)
        let poller = try Poller()
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 1)
        if try !kernel.connect(socket, to: address) {
            try poller.add(socket, interest: .writable, token: 0)
            try kernel.wait(on: poller, for: &events, timeout: Limit.answer)
            try kernel.connectOutcome(of: socket)
            try kernel.control(poller, .modify, socket, interest: .readable, token: 0)
        } else {
            try poller.add(socket, interest: .readable, token: 0)
        }
        self.socket = socket
        self.poller = poller
        self.kernel = kernel
        self.events = events
    }

    /// What came back for one request.
    struct Answer: Equatable {
        /// Of head and content.
        var bytes: Int
        var isSuccess: Bool
    }

    /// Sends `request` and waits for the whole answer, which must tell its length.
    mutating func ask(_ request: String) throws(SystemError) -> Answer {
        // A request of a few bytes fits into the empty buffer of the socket.
        _ = try kernel.send(Array(request.utf8).span, to: socket)
        buffer.removeAll()
        let deadline = MonotonicClock.now + Limit.answer
        while true {
            if let answer = Self.answer(in: text), buffer.count >= answer.bytes { return answer }
            let left = deadline.since(MonotonicClock.now)
            if left <= .zero { throw .timedOut("recv") }
            try kernel.wait(on: poller, for: &events, timeout: left)
            if events.count > 0, try !receive() { return Answer(bytes: 0, isSuccess: false) }
        }
    }

    /// False at the end of the stream.
    private mutating func receive() throws(SystemError) -> Bool {
        var outcome = Received.wouldBlock
        _ = try unsafe buffer.withFreeSpace(minimum: 64 * 1_024) {
            (free) throws(SystemError) -> Int in
            // SAFETY: the kernel fills at most the room it is lent.
            outcome = try unsafe kernel.receive(from: socket, into: free)
            if case .bytes(let count) = outcome { return count }
            return 0
        }
        return outcome != .closed
    }

    private var text: String {
        let bytes = buffer.bytes
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    /// The answer whose head is whole in `text`; nil before that.
    static func answer(in text: String) -> Answer? {
        let bytes = text.utf8
        guard let end = text.firstRange(of: "\r\n\r\n")?.upperBound else { return nil }
        let head = text[..<end]
        let length = head.split(separator: "\r\n").first {
            $0.lowercased().hasPrefix("content-length:")
        }
        let content = length?.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
        return Answer(
            bytes: bytes.distance(from: bytes.startIndex, to: end)
                + (content.flatMap { Int($0) } ?? 0),
            isSuccess: head.hasPrefix("HTTP/1.1 200 "))
    }
}
