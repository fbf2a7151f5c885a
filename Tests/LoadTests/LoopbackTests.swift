import Basis
import Glibc
import Measure
import Report
import Synchronization
import Testing
import Wire

@testable import Load
@testable import Platform

/// The whole generator against a real server over the loopback interface.
@Suite(.serialized)
struct LoopbackTests {
    private func plan(
        _ server: BlockingServer, _ change: (inout LoadPlan) -> Void = { _ in }
    ) throws -> LoadPlan {
        let url = try TargetURL(parsing: "http://127.0.0.1:\(server.port)/")
        var plan = LoadPlan(
            url: url, destination: .v4(0x7F00_0001, port: server.port),
            request: try HTTP1.RequestTemplate(target: "/", host: url.authority), seed: 1)
        plan.connections = 8
        plan.warmUp = .milliseconds(20)
        plan.duration = .milliseconds(150)
        plan.isQuiet = true
        change(&plan)
        return plan
    }

    private func run(_ plan: LoadPlan) throws -> LoadReport {
        var coordinator = try Coordinator(plan, signals: try TerminationSignals())
        return try coordinator.run { _ in }.report
    }

    @Test("a closed loop on two threads is answered without an error", arguments: [1, 4])
    func closedLoop(pipeline: Int) throws {
        let server = try BlockingServer()
        let report = try run(
            try plan(server) {
                $0.threads = 2
                $0.pipeline = pipeline
            })
        #expect(report.requests > 0)
        #expect(report.errors.total == 0)
        #expect(report.latency.samples == report.requests)
        #expect(report.statuses.success2xx == report.requests)
        #expect(report.connectionsOpened == 8)
        #expect(report.bodyBytes == 5 * report.requests)
        #expect(report.cpu.perRequest > 0)
        #expect(Int64(server.answered) >= report.requests)
        server.stop()
    }

    @Test("an open loop sends what is due from the given addresses")
    func openLoop() throws {
        let server = try BlockingServer()
        let report = try run(
            try plan(server) {
                $0.arrivals = .constant(PerSecond(raw: 400))
                $0.sources = [.v4(0x7F00_0002, port: 0), .v4(0x7F00_0003, port: 0)]
            })
        #expect(report.requests == 60)
        #expect(report.errors.total == 0)
        #expect(report.latency.samples == 60 && report.service.samples == 60)
        #expect(server.peers.sorted() == ["127.0.0.2", "127.0.0.3"])
        server.stop()
    }

    @Test("connections are replaced without an error")
    func churn() throws {
        let server = try BlockingServer()
        let report = try run(try plan(server) { $0.requestsPerConnection = 3 })
        #expect(report.requests > 0)
        #expect(report.errors.total == 0)
        #expect(report.connectionsOpened > 8)
        server.stop()
    }

    @Test("an address that is none of this machine is named")
    func foreignSource() throws {
        let server = try BlockingServer()
        // TEST-NET-1 (RFC 5737) is nobody's.
        let plan = try plan(server) { $0.sources = [.v4(0xC000_0201, port: 0)] }
        do {
            _ = try run(plan)
            Issue.record("a run from somewhere else")
        } catch Coordinator.Failure.complaint(let complaint) {
            #expect(complaint.problem.contains("can't send from 192.0.2.1: "))
            #expect(complaint.remedy.contains("--source-ips"))
        }
        server.stop()
    }

    @Test("nobody listening is one line")
    func nobody() throws {
        let server = try BlockingServer()
        let plan = try plan(server)
        server.stop()
        do {
            _ = try run(plan)
            Issue.record("a run against nobody")
        } catch Coordinator.Failure.complaint(let complaint) {
            #expect(complaint.status == .failure)
            #expect(complaint.problem.contains("can't connect to 127.0.0.1:\(server.port)"))
            #expect(complaint.problem.contains("Connection refused"))
        }
    }
}

/// A server of the simplest kind: a thread for each connection, blocking calls, one answer.
private final class BlockingServer: Sendable {
    let port: UInt16
    private let state = Guarded(State())
    private let listener: Shared<Descriptor>
    private let acceptor = Guarded<Platform.Thread?>(nil)

    private struct State {
        var answered = 0
        var peers: Set<String> = []
        var isStopped = false
    }

    var answered: Int { state.withLock(\.answered) }
    var peers: [String] { Array(state.withLock(\.peers)) }

    init() throws {
        let socket = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
        port = try Socket.localAddress(of: socket).port!
        try Socket.makeBlocking(socket)
        listener = Shared(socket)
        var thread: Platform.Thread? = try Platform.Thread(named: "accept") { [self] in accept() }
        acceptor.withLock { swap(&$0, &thread) }
    }

    /// Refuses new connections; those that stand are served until their peer closes them.
    func stop() {
        guard
            !state.withLock({ state in
                defer { state.isStopped = true }
                return state.isStopped
            })
        else { return }
        Socket.stopListening(listener.value)
        var thread: Platform.Thread?
        acceptor.withLock { swap(&$0, &thread) }
        thread.take()?.join()
        listener.free()
    }

    private func accept() {
        var kernel = LinuxKernel()
        while !state.withLock(\.isStopped),
            let socket = try? kernel.accept(on: listener.value)
        {
            let handover = Handover(socket)
            _ = try? Platform.Thread(named: "serve") { [self] in serve(handover.take()) }
        }
    }

    private func serve(_ socket: consuming Descriptor) {
        var kernel = LinuxKernel()
        try? Socket.makeBlocking(socket)
        if let peer = peer(of: socket) {
            _ = state.withLock { $0.peers.insert(peer.numericHost) }
        }
        let reply = WireText.ok
        var room = [UInt8](repeating: 0, count: 4_096)
        var ends = 0
        while true {
            let got = unsafe room.withUnsafeMutableBytes { bytes in
                // SAFETY: the bytes are those of `room` and writable for the call.
                unsafe try? kernel.receive(from: socket, into: bytes)
            }
            guard case .bytes(let count)? = got else { return }
            // Requests without a body end in an empty line; a line end may be cut in two.
            for byte in room[..<count] {
                let expected: UInt8 = ends % 2 == 0 ? 13 : 10
                ends = byte == expected ? ends + 1 : byte == 13 ? 1 : 0
                if ends == 4 {
                    ends = 0
                    state.withLock { $0.answered += 1 }
                    _ = try? kernel.send(reply.span, to: socket)
                }
            }
        }
    }

    private func peer(of socket: borrowing Descriptor) -> SocketAddress? {
        let number = socket.raw
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: getpeername(2) fills at most `length` bytes of the storage.
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            let generic = unsafe UnsafeMutableRawPointer(pointer)
                .assumingMemoryBound(to: sockaddr.self)
            return unsafe getpeername(number, generic, &length) == 0 ? SocketAddress(generic) : nil
        }
    }
}
