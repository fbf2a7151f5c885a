import Basis
import Platform
import Secure
import TestSupport

@testable import Serve

/// A whole server inside the test's process, whose system calls fail by plan.
final class InProcessServer {
    let plan: FaultPlan
    let ports: [UInt16]
    /// Longer than the server lives, so that a socket of its port is its own.
    private let held: [HeldPort]
    private let crew: Crew<FaultyKernel>
    private var isOver = false

    /// - Parameters:
    ///   - addresses: how many addresses it listens on, all of 127.0.0.1.
    ///   - plan: the faults from the very first call on.
    convenience init(
        _ pattern: PatternID, addresses: Int = 1, plan: FaultPlan = FaultPlan(),
        _ change: (inout ServerOptions) -> Void = { _ in }
    ) throws {
        try self.init(
            pattern,
            ConnectionKind<PlainStream, HTTP1Session>(context: PlainStream.Context()),
            addresses: addresses, plan: plan, change)
    }

    /// The same over another transport, or with another protocol.
    init<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>(
        _ pattern: PatternID, _ kind: ConnectionKind<Stream, S>, addresses: Int = 1,
        plan: FaultPlan = FaultPlan(), _ change: (inout ServerOptions) -> Void = { _ in }
    ) throws {
        var options = ServerOptions()
        options.pattern = pattern
        switch pattern {
        case .single, .threadPerConnection: options.threads = 1
        // As many connections as tests hold at a time.
        case .blockingPool, .prefork: options.threads = 32
        default: options.threads = 2
        }
        held = try (0..<addresses).map { _ in try HeldPort() }
        options.listen = held.map { .v4(0x7F00_0001, port: $0.number) }
        change(&options)
        self.plan = plan
        crew = try Crew(options: options) { FaultyKernel(plan) }
        ports = try crew.assemble(kind: kind).compactMap(\.address.port)
    }

    deinit { end() }

    var failure: SystemError? { crew.failure }

    func connect(_ address: Int = 0) throws -> RawClient { try RawClient(port: ports[address]) }

    /// Sockets of connections that the server still holds, as the kernel sees them.
    var connections: Int { ports.map(LocalSockets.connections).reduce(0, +) }

    /// Ends the server in order. Connections that clients hold open are closed.
    func end() {
        if isOver { return }
        isOver = true
        crew.dismiss()
        crew.disband()
    }
}
