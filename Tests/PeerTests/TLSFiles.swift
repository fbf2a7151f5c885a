import Foundation
import TestSupport
import Testing

/// Certificates that openssl(1) has made, good ones and others, in a folder of their own.
final class TLSFiles {
    struct Identity {
        let certificate: String
        let key: String
    }

    private let folder: TemporaryFolder
    /// The authority that all of them come from.
    var authority: String { folder.file("ca.pem") }

    init() throws {
        folder = try TemporaryFolder()
        try Self.openssl(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
                + ["-keyout", folder.file("ca.key"), "-out", folder.file("ca.pem")]
                + ["-subj", "/CN=an authority", "-days", "2"])
    }

    private static func openssl(_ arguments: [String]) throws {
        let tool = try Tool("openssl", arguments)
        try #require(tool.status == 0, "\(arguments): \(tool.errors)")
    }

    /// A certificate for `names`, which are like `DNS:localhost` and `IP:127.0.0.1`.
    ///
    /// - Parameters:
    ///   - isRSA: else the key is one of P-256.
    ///   - days: until it ends; below zero it has ended.
    func identity(
        _ name: String, names: String = "DNS:localhost,IP:127.0.0.1", isRSA: Bool = false,
        days: Int = 2
    ) throws -> Identity {
        func file(_ kind: String) -> String { folder.file("\(name).\(kind)") }
        let kind = isRSA ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        try Self.openssl(
            ["req", "-newkey"] + kind
                + ["-nodes", "-keyout", file("key"), "-out", file("csr"), "-subj", "/CN=\(name)"])
        try "subjectAltName=\(names)\n".write(
            toFile: file("ext"), atomically: true, encoding: .utf8)
        try Self.openssl(
            ["x509", "-req", "-in", file("csr"), "-CA", authority, "-CAkey"]
                + [folder.file("ca.key"), "-CAcreateserial", "-out", file("pem")]
                + ["-days", "\(days)", "-extfile", file("ext")])
        return Identity(certificate: file("pem"), key: file("key"))
    }

    func file(_ name: String) -> String { folder.file(name) }
}
