import Basis
import Foundation
import Platform

/// How a server of others is started: with one thread, without a log, on a given port.
struct ForeignServer {
    /// What it answers with, as switchyard-server does to `/plaintext`.
    static let content = "Hello, World!"

    let options: SpawnOptions

    /// - Parameter folder: made if need be, for configuration and files.
    init(_ kind: ServerKind, port: Int, in folder: URL) throws(Complaint) {
        guard let name = kind.program else {
            preconditionFailure("\(kind) is no server of others")
        }
        let program = name.contains("/") ? name : try Programs.installed(name)
        let arguments: [String]
        switch kind {
        case .nginx(let responseBytes):
            arguments = try Self.nginx(
                listen: "127.0.0.1:\(port)", content: Self.padded(to: responseBytes), in: folder)
        case .nginxTLS(let responseBytes):
            let identity = try TestIdentity(in: folder)
            arguments = try Self.nginx(
                listen: "127.0.0.1:\(port) ssl", content: Self.padded(to: responseBytes),
                more: """
                    ssl_protocols TLSv1.3; ssl_certificate \(identity.certificate);
                    ssl_certificate_key \(identity.key);
                    """, in: folder)
        case .nginxHTTP2:
            arguments = try Self.nginx(
                listen: "127.0.0.1:\(port) http2", content: Self.content, in: folder)
        case .nghttpd:
            try Self.write(Self.content.utf8, to: folder.appending(path: "files/plaintext"))
            arguments = Self.nghttpd(port: port, in: folder)
        case .nghttpdUnary:
            try Self.write(
                Spoken.Unary.framedReply, to: folder.appending(path: "files" + Spoken.Unary.path))
            arguments = Self.nghttpd(port: port, in: folder) + ["--trailer=grpc-status: 0"]
        case .grpcio:
            arguments = ["-c", Self.grpcio, "\(port)"]
        default:
            try Self.write(Self.content.utf8, to: folder.appending(path: "files/plaintext"))
            let handler =
                kind == .h2oFile
                ? "file.dir: \(folder.appending(path: "files").path)"
                : "redirect: {status: 302, url: \"http://127.0.0.1/\"}"
            arguments = try Self.h2o(port: port, handler: handler, in: folder)
        }
        options = SpawnOptions(program, arguments)
    }

    /// What makes an answer of nginx `responseBytes` long.
    private static func padded(to responseBytes: Int) -> String {
        // "HTTP/1.1 200 OK", Server, Date, Content-Length of two digits and Connection: keep-alive.
        let head = 115
        return content.padding(
            toLength: max(content.utf8.count, responseBytes - head), withPad: ".", startingAt: 0)
    }

    private static func nghttpd(port: Int, in folder: URL) -> [String] {
        [
            "--no-tls", "-n1", "-d", folder.appending(path: "files").path, "-a", "127.0.0.1",
            "\(port)",
        ]
    }

    /// The interpreter with the packages of scripts/requirements.txt.
    static let python = ".build/python/bin/python"

    /// What grpcio's own examples do, without reading or making messages.
    private static let grpcio = """
        import grpc, sys
        from concurrent import futures
        reply = bytes(\(Spoken.Unary.reply))
        same = lambda data: data
        method = grpc.unary_unary_rpc_method_handler(lambda request, context: reply, same, same)
        class Bench(grpc.GenericRpcHandler):
            def service(self, details):
                return method if details.method == "\(Spoken.Unary.path)" else None
        server = grpc.server(futures.ThreadPoolExecutor(10), handlers=[Bench()])
        server.add_insecure_port("127.0.0.1:" + sys.argv[1])
        server.start()
        server.wait_for_termination()
        """

    /// The least nginx can be asked to do: a fixed answer, no log, no limit of requests a
    /// connection.
    private static func nginx(
        listen: String, content: String, more: String = "", in folder: URL
    ) throws(Complaint) -> [String] {
        let configuration = """
            daemon off; master_process off; worker_processes 1;
            pid nginx.pid; error_log stderr crit;
            events { worker_connections 20000; }
            http {
                access_log off; server_tokens off; default_type '';
                keepalive_requests 1000000000; keepalive_timeout 600;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server { listen \(listen); \(more) location / { return 200 '\(content)'; } }
            }

            """
        try write(configuration.utf8, to: folder.appending(path: "nginx.conf"))
        return ["-p", folder.path, "-c", "nginx.conf", "-e", "stderr"]
    }

    /// h2o of one thread, with one handler for every path. It wants to be told when it is to stay
    /// root.
    private static func h2o(
        port: Int, handler: String, in folder: URL
    ) throws(Complaint) -> [String] {
        let configuration = """
            \(NSUserName() == "root" ? "user: root" : "")
            num-threads: 1
            listen: {host: 127.0.0.1, port: \(port)}
            hosts:
              default:
                paths:
                  /:
                    \(handler)

            """
        let file = folder.appending(path: "h2o.conf")
        try write(configuration.utf8, to: file)
        return ["-m", "worker", "-c", file.path]
    }

    private static func write(_ bytes: some Sequence<UInt8>, to file: URL) throws(Complaint) {
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        } catch {
            throw Complaint(
                "\(file.path) can't be written: \(error)", remedy: "set TMPDIR", status: .failure)
        }
    }
}
