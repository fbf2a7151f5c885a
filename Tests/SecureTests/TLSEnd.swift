import Glibc
import TestSupport
import Testing

@testable import Platform
@testable import Secure

/// One end of a stream over a socket pair, and what its user sends and has received.
struct TLSEnd: ~Copyable {
    private var stream: TLSStream
    private var descriptor: Descriptor?
    private var kernel: FaultyKernel
    private var workspace = TLSStream.makeWorkspace()
    /// What is still to be sent.
    var output: [UInt8] = []
    /// Whether output may go out before the handshake is done.
    var isHasty = false
    /// What had come when the handshake was not yet done.
    private(set) var earlyInput: [UInt8] = []
    private(set) var input: [UInt8] = []
    private(set) var facts: OpeningFacts?
    /// How the other end's half ended.
    private(set) var end: StreamInput?
    private(set) var error: StreamError?
    /// Room for one receive.
    var room = 16_384

    init(_ context: TLSContext, on descriptor: consuming Descriptor, faults: FaultPlan) {
        stream = TLSStream(context, in: &workspace)
        self.descriptor = consume descriptor
        kernel = FaultyKernel(faults)
    }

    /// The next connection of the same thread.
    mutating func begin(_ context: TLSContext, on descriptor: consuming Descriptor) {
        close(saysGoodbye: true)
        stream = TLSStream(context, in: &workspace)
        self.descriptor = consume descriptor
        (output, input, earlyInput) = ([], [], [])
        (facts, end, error) = (nil, nil, nil)
    }

    var earlyRoom: Int { stream.earlyRoom }
    var awaitsTicket: Bool { stream.awaitsTicket }

    /// Two descriptors of one connection.
    static func sockets() throws -> (CInt, CInt) {
        var pair: [CInt] = [-1, -1]
        // SAFETY: socketpair(2) fills the two elements.
        let made = unsafe socketpair(
            AF_UNIX, CInt(SOCK_STREAM.rawValue) | 0o4000 | 0o2000000, 0, &pair)
        try #require(made == 0)
        return (pair[0], pair[1])
    }

    /// Whether nothing more is to be expected of it.
    var isOver: Bool { error != nil || end != nil }

    /// Does once what there is to do.
    mutating func step() {
        guard descriptor != nil, !isOver else { return }
        do throws(StreamError) {
            if facts == nil {
                let offered = isHasty ? Array(output.prefix(earlyRoom)) : []
                switch try stream.open(
                    on: descriptor!, early: offered.span, with: &kernel, in: &workspace)
                {
                case .wants: return
                case .earlyInput:
                    try receive()
                    earlyInput = input
                    try send()
                    return
                case .done(let facts):
                    self.facts = facts
                    output.removeFirst(facts.earlyBytes)
                }
            }
            try send()
            try receive()
        } catch {
            self.error = error
        }
    }

    private mutating func send() throws(StreamError) {
        if output.isEmpty { return }
        let waiting = output
        let sent = try stream.send(waiting.span, to: descriptor!, with: &kernel, in: &workspace)
        output.removeFirst(sent.count)
    }

    private mutating func receive() throws(StreamError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
        defer { unsafe buffer.deallocate() }
        // SAFETY: the buffer lives until the end of this function.
        let received = try unsafe stream.receive(
            from: descriptor!, into: buffer, with: &kernel, in: &workspace)
        switch received {
        case .bytes(let count, _): unsafe input += buffer[..<count]
        case .nothing: break
        case .closed, .cutOff: end = received
        }
    }

    /// Ends the half of the socket alone.
    mutating func finishSocket() { kernel.finishSending(on: descriptor!) }

    mutating func finishSending() {
        stream.finishSending(on: descriptor!, with: &kernel, in: &workspace)
    }

    /// Closes the socket, as a connection in order does or as one that is gone.
    mutating func close(saysGoodbye: Bool) {
        if saysGoodbye { stream.end(on: descriptor!, with: &kernel, in: &workspace) }
        if let descriptor = descriptor.take() { kernel.close(descriptor) }
    }

    /// What waits in the socket.
    mutating func peek() throws -> [UInt8] { try Self.peek(at: descriptor!) }

    private static func peek(at descriptor: borrowing Descriptor) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        // SAFETY: recv(2) writes at most as many bytes as the array has.
        let count = unsafe recv(descriptor.raw, &bytes, bytes.count, CInt(MSG_PEEK))
        try #require(count >= 0)
        return Array(bytes[..<count])
    }

    /// Writes bytes beside the stream.
    mutating func interfere(_ bytes: [UInt8]) throws {
        _ = try kernel.send(bytes.span, to: descriptor!)
    }
}

/// A client and a server, joined.
struct TLSPair: ~Copyable {
    var client: TLSEnd
    var server: TLSEnd
    let faults = FaultPlan()

    static func serverContext(
        _ settings: TLSSettings = TLSSettings(), _ key: TestAuthority.Key = .p256
    ) throws -> TLSContext {
        try TLSContext(
            server: settings,
            identity: TestAuthority.identity(key, names: ["one.test"], addresses: []))
    }

    static func clientContext(
        _ settings: TLSSettings = TLSSettings(), host: String = "one.test",
        _ application: ApplicationProtocol = .http11
    ) throws -> TLSContext {
        try TLSContext(
            client: settings,
            of: .init(
                host: host, isAddress: SocketAddress.isNumeric(host), application: application))
    }

    init(client: TLSContext, server: TLSContext) throws {
        let (one, other) = try TLSEnd.sockets()
        self.client = TLSEnd(client, on: Descriptor(raw: one), faults: faults)
        self.server = TLSEnd(server, on: Descriptor(raw: other), faults: faults)
    }

    init(_ settings: TLSSettings = TLSSettings()) throws {
        try self.init(client: Self.clientContext(settings), server: Self.serverContext(settings))
    }

    /// Closes both, and opens the next connection of the two.
    mutating func reconnect(client: TLSContext, server: TLSContext) throws {
        let (one, other) = try TLSEnd.sockets()
        self.client.begin(client, on: Descriptor(raw: one))
        self.server.begin(server, on: Descriptor(raw: other))
    }

    /// Lets both ends go on until something holds, or for so many rounds.
    mutating func run(
        rounds: Int = 200_000, until isDone: (borrowing TLSEnd, borrowing TLSEnd) -> Bool
    ) -> Bool {
        for _ in 0..<rounds {
            if isDone(client, server) { return true }
            client.step()
            server.step()
        }
        return isDone(client, server)
    }

    /// Both handshakes.
    mutating func open() -> Bool {
        run { client, server in
            client.facts != nil && server.facts != nil || client.isOver || server.isOver
        }
    }
}
