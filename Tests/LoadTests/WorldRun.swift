import Basis
import Platform
import Secure
import Testing

@testable import Load
@testable import Measure

/// Texts on the virtual wire.
enum WireText {
    static let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    static let ok = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello".utf8)
    static let closing = Array(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nHello".utf8)
    static let untilClose = Array("HTTP/1.1 200 OK\r\n\r\nHello".utf8)
    static let chunked = Array(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nHel\r\n2\r\nlo\r\n0\r\n\r\n".utf8
    )
    static let notFound = Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
    static let unavailable = Array("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".utf8)
    static let beyond = Array("HTTP/1.1 799 What\r\nContent-Length: 0\r\n\r\n".utf8)
    static let garbage = Array("220 smtp.example.org ESMTP\r\n".utf8)
}

/// One generator in a virtual world, from the first connect to the last answer.
struct WorldRun {
    let world = VirtualWorld(requestBytes: WireText.request.count)
    let control = GeneratorControl()
    var plan: GeneratorPlan
    var pipeline = 1

    init(connections: Int = 1, warmUp: Nanoseconds = .zero, duration: Nanoseconds) {
        plan = GeneratorPlan(destination: .v4(0x7F00_0001, port: 9))
        plan.connections = connections
        plan.warmUp = warmUp
        plan.duration = duration
    }

    /// When the load begins; connecting takes no virtual time.
    var start: Instant { world.now }

    /// Runs to the end.
    func run<Pace: Pacing>(_ pacing: Pace) throws -> GeneratorResult? {
        control.begin(at: world.now)
        return try runOnceTold(pacing)
    }

    /// The same, where the test says when the load begins.
    func runOnceTold<Pace: Pacing>(_ pacing: Pace) throws -> GeneratorResult? {
        try run(pacing, over: PlainStream.self, PlainStream.Context(), http1)
    }

    var http1: HTTP1Client {
        HTTP1Client(request: WireText.request, answersHead: false, pipeline: pipeline)
    }

    /// The same over any stream, in any protocol.
    func run<Pace: Pacing, Stream: StreamTransport & ~Copyable, Client: ProtocolClient & ~Copyable>(
        _ pacing: Pace, over stream: Stream.Type, _ context: Stream.Context,
        _ client: consuming Client
    ) throws -> GeneratorResult? {
        var generator = try Generator<VirtualKernel, Stream, Client, Pace, VirtualTime>(
            plan: plan, control: control, kernel: VirtualKernel(world), context: context,
            client: client, pacing: pacing, time: VirtualTime(world: world))
        return generator.run()
    }

    /// Like `run`, for runs that must have a result.
    func result<Pace: Pacing>(_ pacing: Pace) throws -> GeneratorResult {
        try run(pacing).unwrapped()
    }
}

extension Optional where Wrapped == GeneratorResult {
    consuming func unwrapped() throws -> GeneratorResult {
        guard let result = self else {
            throw Complaint("the generator brought no result", remedy: "mend the test")
        }
        return result
    }
}

extension VirtualWorld {
    /// Answers every request alike.
    func answerAll(_ bytes: [UInt8] = WireText.ok, after delay: Nanoseconds) {
        answer = { _, _ in [.send(bytes, after: delay)] }
    }
}
