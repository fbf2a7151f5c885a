import Basis
import Foundation
import Platform

/// A server to be driven, as a user would start it.
enum ServerKind: Equatable, CustomStringConvertible {
    case floor
    /// Nil for one thread, or as many as a pool needs for the connections of a comparison.
    case switchyard(pattern: String, threads: Int? = nil)
    /// The bare loop that takes the masks off messages and sends them back.
    case floorWebSocket
    /// nginx with one process, padded so that its answer has `responseBytes`.
    case nginx(responseBytes: Int)
    /// TLS 1.3 with one certificate for all of them.
    case switchyardTLS, floorTLS
    case nginxTLS(responseBytes: Int)
    /// Of HTTP/2 with prior knowledge; what we have of others answers with the same 13 bytes.
    case floorHTTP2, nginxHTTP2, nghttpd
    /// h2o, which reads a file for each answer.
    case h2oFile
    /// h2o with answers that need no file: redirections, whose bodies are longer.
    case h2oRedirect
    /// nghttpd with a file that is the answer to a unary call of gRPC, status and all.
    case nghttpdUnary
    /// A server of grpcio that answers with the same bytes.
    case grpcio

    var description: String {
        switch self {
        case .floor: "floor server"
        case .switchyard(let pattern, _): pattern
        case .nginx: "nginx"
        case .switchyardTLS: "sharded"
        case .floorTLS: "floor server"
        case .nginxTLS: "nginx"
        case .floorHTTP2: "floor server of HTTP/2"
        case .nginxHTTP2: "nginx with HTTP/2"
        case .nghttpd: "nghttpd"
        case .h2oFile: "h2o with a file"
        case .h2oRedirect: "h2o with redirections"
        case .floorWebSocket: "floor server of WebSocket"
        case .nghttpdUnary: "nghttpd with a file"
        case .grpcio: "grpcio"
        }
    }

    /// The program of the system that it needs; nil where it is of this package.
    var program: String? {
        switch self {
        case .floor, .switchyard, .switchyardTLS, .floorTLS, .floorHTTP2, .floorWebSocket: nil
        case .nginx, .nginxTLS, .nginxHTTP2: "nginx"
        case .nghttpd, .nghttpdUnary: "nghttpd"
        case .h2oFile, .h2oRedirect: "h2o"
        case .grpcio: ForeignServer.python
        }
    }

    /// Why it can't be measured; nil where it can.
    var absence: String? {
        guard let program else { return nil }
        if program.contains("/") {
            return FileManager.default.isExecutableFile(atPath: program)
                ? nil : "no \(program): make ready-to-test"
        }
        return Programs.system(program) == nil ? "\(program) is not installed" : nil
    }
}

/// A server that answers what is spoken to it. Dropping it ends it.
struct RunningServer: ~Copyable {
    private var child: ChildProcess
    let port: Int
    let description: String
    /// Removed with the server.
    private let folder: URL

    static let startTimeout = Nanoseconds.seconds(10)

    /// - Parameter environment: added to this program's own.
    init(_ kind: ServerKind, cpu: Int?, environment: [String: String] = [:]) throws(Complaint) {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "switchyard-micro-\(ProcessInfo.processInfo.processIdentifier)")
        var options: SpawnOptions
        var port: Int?
        switch kind {
        case .floor:
            options = SpawnOptions(
                try Programs.built("switchyard-floor"), ["server", "--port", "0"])
        case .switchyard(let pattern, let threads):
            options = SpawnOptions(
                try Programs.built("switchyard-server"),
                [
                    "--listen", "127.0.0.1:0", "--pattern", pattern, "--threads",
                    // A pool serves as many connections at a time as it has threads.
                    "\(threads ?? ["blocking-pool": 512, "prefork": 256][pattern] ?? 1)",
                ])
        case .switchyardTLS:
            let identity = try TestIdentity(in: folder)
            options = SpawnOptions(
                try Programs.built("switchyard-server"),
                ["--listen", "127.0.0.1:0", "--pattern", "sharded", "--threads", "1"]
                    + ["--tls-version", "1.3"] + identity.options)
        case .floorTLS:
            let identity = try TestIdentity(in: folder)
            options = SpawnOptions(
                try Programs.built("switchyard-floor"),
                ["server", "--port", "0", "--tls"] + identity.options)
        case .floorHTTP2:
            options = SpawnOptions(
                try Programs.built("switchyard-floor"), ["server", "--port", "0", "--http2"])
        case .floorWebSocket:
            options = SpawnOptions(
                try Programs.built("switchyard-floor"), ["server", "--port", "0", "--websocket"])
        case .nginx, .nginxTLS, .nginxHTTP2, .nghttpd, .nghttpdUnary, .h2oFile, .h2oRedirect,
            .grpcio:
            let free = try Self.freePort()
            options = try ForeignServer(kind, port: free, in: folder).options
            port = free
            // h2o tells of its start on standard error.
            if kind.program == "h2o" { options.standardError = .discarded }
        }
        if !environment.isEmpty {
            options.environment = ProcessInfo.processInfo.environment
                .merging(environment) { $1 }
        }
        options.cpus = cpu.map { CPUSet([$0]) }
        var child = try Programs.spawn(options)
        if let port {
            try Self.waitUntil("\(kind)", listensOn: port)
        } else {
            port = Int(
                try Programs.readyPort(of: &child, "\(kind)", within: Self.startTimeout))
        }
        self.child = child
        self.port = port ?? 0
        self.folder = folder
        description = "\(kind)"
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func waitUntil(
        _ description: String, listensOn port: Int
    ) throws(Complaint) {
        let deadline = MonotonicClock.now + startTimeout
        // proc_net_tcp(5): the local address in hexadecimal, and state 0A for a listening socket.
        let entry = ":" + String(port + 0x10000, radix: 16, uppercase: true).dropFirst() + " "
        while MonotonicClock.now < deadline {
            // grpcio listens on addresses of IPv4 by sockets of IPv6.
            let table = ["tcp", "tcp6"].map { (try? readFile("/proc/net/\($0)")) ?? "" }.joined()
            if table.split(separator: "\n").contains(where: {
                $0.contains(entry) && $0.contains(" 0A ")
            }) {
                return
            }
            blockThread(for: .milliseconds(5))
        }
        throw Complaint(
            "\(description) did not listen within \(startTimeout.display)",
            remedy: "start it by hand and read what it says", status: .failure)
    }

    /// CPU time of all its threads so far, exact while it idles (proc(5), schedstat: nanoseconds).
    var cpu: Nanoseconds {
        let folder = "/proc/\(child.processID)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.reduce(.zero) { sum, thread in
            let text = (try? readFile("\(folder)/\(thread)/schedstat")) ?? ""
            return sum + Nanoseconds(raw: Int64(text.prefix { $0 != " " }) ?? 0)
        }
    }

    /// Its anonymous memory; nil when it has ended.
    var residentBytes: Int? { MemoryRows.residentBytes(of: child.processID) }

    /// A port that was free a moment ago, for servers that can't tell which one they got.
    private static func freePort() throws(Complaint) -> Int {
        do {
            let listener = try Socket.listen(on: SocketAddress(parsing: "127.0.0.1:0"), .init())
            return Int(try Socket.localAddress(of: listener).port ?? 0)
        } catch let error as SystemError {
            throw error.complaint("no free port", remedy: "end other servers")
        } catch let error as Complaint {
            throw error
        } catch {
            throw Complaint("no free port: \(error)", remedy: "end other servers", status: .failure)
        }
    }
}
