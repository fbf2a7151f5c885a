import Foundation
import Platform
import TestSupport
import Testing

/// A foreign server in a folder of its own, with one small file and one large one, on a port of
/// 127.0.0.1. HTTP/2 is spoken by prior knowledge or by ALPN; nginx speaks HTTP/1.1 here unless
/// told.
final class ForeignServer {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case nginx, nginxHTTP2, nghttpd, h2o

        /// What its package calls the program.
        var program: String { self == .nginxHTTP2 ? "nginx" : rawValue }
        var testDescription: String { rawValue }
    }

    static let body = "switchyard asks\n"
    static let largeBytes = 300_000

    let port: UInt16
    private let kind: Kind
    private let folder: TemporaryFolder
    private var child: ChildProcess

    /// - Parameters:
    ///   - identity: what it speaks TLS with; nil for none.
    ///   - more: arguments before those that say what it serves and where.
    init(
        _ kind: Kind, identity: TLSFiles.Identity? = nil, more: [String] = []
    ) throws {
        let folder = try TemporaryFolder()
        let program = try #require(
            Programs.found(kind.program), "\(kind.program) is not installed")
        // Foreign servers do not say which port the kernel chose for them, so they get one that
        // the kernel gave to a server which has just left it.
        let donor = try ServerUnderTest("single")
        let port = donor.port
        _ = try donor.stop()
        try FileManager.default.createDirectory(
            atPath: folder.file("files"), withIntermediateDirectories: true)
        try Self.body.write(
            toFile: folder.file("files/small"), atomically: true, encoding: .utf8)
        try Data(repeating: 97, count: Self.largeBytes).write(
            to: URL(filePath: folder.file("files/large")))
        var options = SpawnOptions(
            program, more + (try Self.arguments(kind, folder, port, identity)))
        options.standardError = .discarded
        self.kind = kind
        self.folder = folder
        self.port = port
        child = try ChildProcess(options)
        let answers = TestClock.eventually { (try? RawClient(port: port)) != nil }
        guard answers else { throw TestFailure("\(kind.rawValue) does not answer") }
    }

    private static func arguments(
        _ kind: Kind, _ folder: TemporaryFolder, _ port: UInt16,
        _ identity: TLSFiles.Identity?
    ) throws -> [String] {
        let isRoot = Programs.runAsRoot
        func tls(_ line: (TLSFiles.Identity) -> String) -> String { identity.map(line) ?? "" }
        switch kind {
        case .nghttpd:
            let common = ["-d", folder.file("files"), "-a", "127.0.0.1", "\(port)"]
            guard let identity else { return ["--no-tls"] + common }
            return common + [identity.key, identity.certificate]
        case .h2o:
            try """
            \(isRoot ? "user: root" : "")
            num-threads: 1
            listen:
              host: 127.0.0.1
              port: \(port)
              \(tls { "ssl: {key-file: \($0.key), certificate-file: \($0.certificate)}" })
            hosts:
              default:
                paths:
                  /:
                    file.dir: \(folder.file("files"))
            """.write(toFile: folder.file("conf"), atomically: true, encoding: .utf8)
            return ["-m", "worker", "-c", folder.file("conf")]
        case .nginx, .nginxHTTP2:
            try """
            \(isRoot ? "user root;" : "") daemon off; worker_processes 1; pid \(folder.file("pid"));
            error_log \(folder.file("errors"));
            events { worker_connections 64; }
            http {
                access_log off; keepalive_requests 100000;
                client_body_temp_path \(folder.file("b")); proxy_temp_path \(folder.file("p"));
                fastcgi_temp_path \(folder.file("f")); uwsgi_temp_path \(folder.file("u"));
                scgi_temp_path \(folder.file("s"));
                server {
                    listen 127.0.0.1:\(port)\(identity == nil ? "" : " ssl")\(
                        kind == .nginxHTTP2 ? " http2" : "");
                    \(tls {
                        """
                        ssl_protocols TLSv1.2 TLSv1.3; ssl_early_data on;
                        ssl_certificate \($0.certificate); ssl_certificate_key \($0.key);
                        """
                    })
                    root \(folder.file("files"));
                }
            }
            """.write(toFile: folder.file("conf"), atomically: true, encoding: .utf8)
            return ["-p", folder.path, "-c", folder.file("conf")]
        }
    }

    func stop() {
        child.terminate()
        let end = child.wait(timeout: TestLimit.hang)?.ending
        #expect(end != nil, "\(kind.rawValue) does not end")
    }
}
