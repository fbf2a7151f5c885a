import Foundation
import Platform
import TestSupport
import Testing

/// What can go wrong with certificates, keys and peers: one line each, and the server goes on.
@Suite("TLS: bad input", .serialized)
struct TLSBadInputTests {
    private static func load(_ arguments: [String]) throws -> Tool {
        try Tool(
            try Programs.own("switchyard-load"),
            ["-q", "-c", "1", "-d", "100ms", "--warmup", "0s", "--timeout", "5s"] + arguments)
    }

    @Test(
        "a certificate that is no good is refused with its reason",
        arguments: [
            ("expired", "DNS:localhost", -1, "certificate has expired"),
            ("other", "DNS:other.test", 2, "hostname mismatch"),
            ("good", "DNS:localhost", 2, ""),
            ("wild", "DNS:*.localhost", 2, "hostname mismatch"),
        ])
    func certificate(name: String, names: String, days: Int, reason: String) throws {
        let files = try TLSFiles()
        let identity = try files.identity(name, names: names, days: days)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: identity.key)
        let server = try ServerUnderTest(
            "single", ["--cert", identity.certificate, "--key", identity.key])
        let url = "https://localhost:\(server.port)/plaintext"
        let tool = try Self.load(["--cacert", files.authority, url])
        if reason.isEmpty {
            #expect(tool.status == 0 && tool.errors.isEmpty, "\(tool.errors)")
        } else {
            #expect(tool.status == 1 && tool.output.isEmpty)
            #expect(tool.errors.contains(reason) && tool.errors.contains("-k"), "\(tool.errors)")
            #expect(tool.errors.split(separator: "\n").count == 1)
        }
        // Nobody else's authority is trusted, and no certificate has to be.
        let stranger = try Self.load([url])
        #expect(stranger.status == 1 && stranger.errors.contains("not accepted"))
        let trusting = try Self.load(["-k", url])
        #expect(trusting.status == 0, "\(trusting.errors)")
        let report = try server.stop()
        #expect(report.requests > 0)
    }

    @Test("keys that don't belong, can't be read or are locked end the start in one line")
    func keys() throws {
        let files = try TLSFiles()
        let (one, other) = (try files.identity("one"), try files.identity("other"))
        let locked = files.file("locked.key")
        let lock = try Tool(
            "openssl", ["pkcs8", "-topk8", "-in", one.key, "-out", locked, "-passout", "pass:x"])
        try #require(lock.status == 0)
        for (certificate, key, status, why) in [
            (one.certificate, other.key, 64, "key values mismatch"),
            (one.certificate, locked, 64, "TLS can't use the key \(locked)"),
            (one.certificate, files.file("none"), 1, "none: No such file or directory"),
            (files.file("none"), one.key, 1, "none: No such file or directory"),
            (one.key, one.key, 64, "TLS can't use the certificate"),
            (one.certificate, one.certificate, 64, "TLS can't use the key"),
        ] as [(String, String, Int32, String)] {
            let outcome = try ServerOutcome(
                ["--listen", "127.0.0.1:0", "--cert", certificate, "--key", key])
            let lines = outcome.errors.split(separator: "\n").filter { !$0.contains("warning") }
            #expect(outcome.ending == .exited(status), "\(why): \(outcome.errors)")
            #expect(lines.count == 1 && outcome.errors.contains(why), "\(outcome.errors)")
        }
    }

    @Test("a key that others can read is warned of, and used")
    func openKey() throws {
        let files = try TLSFiles()
        let identity = try files.identity("one")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: identity.key)
        var options = SpawnOptions(
            try Programs.own("switchyard-server"),
            ["--listen", "127.0.0.1:0", "--cert", identity.certificate, "--key", identity.key])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let ready = child.nextLine(timeout: TestLimit.hang)
        #expect(ready?.contains(#""event":"ready""#) == true)
        child.terminate()
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        _ = child.wait(timeout: TestLimit.hang)
        #expect(errors.contains("warning: the key \(identity.key) can be read by others"))
    }

    @Test("TLS where there is none, and none where there is, say so on both ends")
    func crossed() throws {
        let plain = try ServerUnderTest("single")
        let tool = try Self.load(["https://127.0.0.1:\(plain.port)/plaintext"])
        #expect(tool.status == 1 && tool.errors.contains("it speaks no TLS there"))
        #expect(tool.errors.contains("use the scheme without TLS"), "\(tool.errors)")
        let secure = try ServerUnderTest("single", ["--tls", "self-signed"])
        let other = try Self.load(["http://127.0.0.1:\(secure.port)/plaintext"])
        #expect(other.status == 1 && other.output.contains("400"), "\(other.output)")
        let curl = try Tool(
            "curl", ["-sS", "--max-time", "9", "http://127.0.0.1:\(secure.port)/plaintext"])
        #expect(curl.output == "This port speaks TLS; use https.\n", "\(curl.errors)")
        #expect(try Self.load(["https://localhost:\(secure.port)/plaintext"]).status == 0)
        _ = try plain.stop()
        _ = try secure.stop()
    }

    @Test("a handshake that stalls, lies or ends is counted, and the server goes on")
    func hostile() throws {
        let server = try ServerUnderTest(
            "sharded:hash", ["--tls", "self-signed", "--head-timeout", "1s"])
        // A ClientHello that says it has 512 bytes and brings five.
        let stalled = try server.connect()
        try stalled.send([22, 3, 1, 2, 0, 1, 0, 1, 252, 3])
        let silent = try server.connect()
        // A fatal alert, a record of a kind that is none, and the start of a handshake that ends.
        for bytes in [[21, 3, 3, 0, 2, 2, 40], [99, 3, 3, 0, 1, 0], [22, 3, 1, 0]] as [[UInt8]] {
            let client = try server.connect()
            try client.send(bytes)
            _ = try? client.rest()
        }
        #expect(try Self.load(["https://localhost:\(server.port)/plaintext"]).status == 0)
        // Both are cut off without having to say more.
        _ = try? stalled.rest()
        _ = try? silent.rest()
        // The alert, and the record of no kind; the others have only run out of time.
        let failed = try server.stop().sum(\.handshakesFailed)
        #expect(failed == 2)
    }

    @Test(
        "openssl s_client gets what the server was told to offer, and alerts for the rest",
        arguments: [
            (["-tls1_3"], [], "TLSv1.3"), (["-tls1_2"], [], "TLSv1.2"),
            (["-tls1_2"], ["--tls-version", "1.3"], "alert protocol version"),
            (["-tls1_1"], [], "alert protocol version"),
            (["-tls1_3"], ["--tls-version", "1.2"], "alert protocol version"),
            (["-groups", "P-384"], ["--groups", "X25519"], "alert handshake failure"),
            (
                ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", "-tls1_3"],
                ["--ciphers", "TLS_AES_128_GCM_SHA256"], "alert handshake failure"
            ),
            (["-alpn", "h3"], [], "alert no application protocol"),
            (["-alpn", "h3,h2"], [], "ALPN protocol: h2"),
            (["-alpn", "http/1.1"], [], "ALPN protocol: http/1.1"),
        ] as [([String], [String], String)])
    func client(asked: [String], told: [String], outcome: String) throws {
        let server = try ServerUnderTest("single", ["--tls", "self-signed"] + told)
        let authority = try #require(server.authority)
        let tool = try Tool(
            "openssl",
            ["s_client", "-connect", "127.0.0.1:\(server.port)", "-CAfile", authority]
                + ["-verify_return_error"] + asked, input: "Q\n")
        #expect((tool.output + tool.errors).contains(outcome), "\(tool.output)\n\(tool.errors)")
        _ = try server.stop()
    }

    @Test(
        "a peer may change keys, and is not renegotiated with",
        arguments: [
            ("-tls1_3", "K", 2), ("-tls1_2", "R", 1),
        ])
    func keyUpdate(version: String, letter: String, answers: Int) throws {
        let server = try ServerUnderTest("single", ["--tls", "self-signed"])
        let folder = try TemporaryFolder()
        // s_client takes a line that begins with K for a wish to change keys, and with R for one to
        // renegotiate, where it has read nothing else with it. A hello is also a message of TLS.
        let script = """
            seen() { for i in $(seq 200); do
                [ "$(grep -ac "$1" \(folder.file("out")))" -ge $2 ] && return; sleep 0.05
            done; }
            ask() { printf 'GET /plaintext HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'; }
            { seen 'Verify return code' 1; sleep 0.2; ask; seen 'Hello, W' 1; echo \(letter)
              seen 'KeyUpdate\\|no renegotiation' 1; ask; seen 'Hello, W' \(answers); } |
                openssl s_client -connect 127.0.0.1:\(server.port) \(version) -msg \\
                    > \(folder.file("out")) 2>&1
            """
        _ = try Tool("/bin/sh", ["-c", script])
        let output = String(
            decoding: try Data(contentsOf: URL(filePath: folder.file("out"))), as: UTF8.self)
        #expect(output.components(separatedBy: "Hello, World!").count - 1 == answers)
        #expect(output.contains(version == "-tls1_3" ? "KeyUpdate" : "no renegotiation"))
        #expect(try Self.load(["https://localhost:\(server.port)/plaintext"]).status == 0)
        _ = try server.stop()
    }

    @Test("a server that asks for a certificate serves those who show one")
    func mutual() throws {
        let files = try TLSFiles()
        let (its, mine) = (try files.identity("its"), try files.identity("mine"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: its.key)
        let server = try ServerUnderTest(
            "sharded:hash",
            ["--cert", its.certificate, "--key", its.key, "--client-ca", files.authority])
        let url = "https://localhost:\(server.port)/plaintext"
        for version in ["1.2", "1.3"] {
            let common = ["--cacert", files.authority, "--tls", version]
            let shown = ["--cert", mine.certificate, "--key", mine.key]
            let welcome = try Self.load(common + shown + [url])
            #expect(welcome.status == 0, "\(welcome.errors)")
            let refused = try Self.load(common + [url])
            #expect(
                refused.status == 1
                    && (refused.errors + refused.output).contains("alert"),
                "\(version): \(refused.errors)\(refused.output)")
        }
        let curl = try Tool(
            "curl",
            ["-sS", "--max-time", "9", "--cacert", files.authority, "--cert", mine.certificate]
                + ["--key", mine.key, url])
        #expect(curl.output == "Hello, World!", "\(curl.errors)")
        _ = try server.stop()
    }
}
