import Foundation
import TestSupport
import Testing

@testable import Secure

/// Whom a client believes, and what both ends agree on.
@Suite("trust in TLS")
struct TLSTrustTests {
    /// The client's error where there is one, else nil.
    private static func refusal(
        _ settings: TLSSettings = TLSSettings(), host: String, key: TestAuthority.Key = .p256
    ) throws -> StreamError? {
        var pair = try TLSPair(
            client: TLSPair.clientContext(settings, host: host),
            server: TLSPair.serverContext(TLSSettings(), key))
        let isOpen = pair.open()
        #expect(isOpen)
        return pair.client.error
    }

    @Test(
        "the test authority's certificates are for this machine and the names they are made for",
        arguments: ["one.test", "localhost", "127.0.0.1", "::1"], [TestAuthority.Key.p256, .rsa])
    func accepted(host: String, key: TestAuthority.Key) throws {
        #expect(try Self.refusal(host: host, key: key) == nil)
    }

    @Test("and for no others", arguments: ["two.test", "127.0.0.2", "one.test.evil.test", "test"])
    func refused(host: String) throws {
        let error = try Self.refusal(host: host)
        let reason = error?.reason ?? ""
        #expect(
            reason == "its certificate is not accepted: "
                + (host == "127.0.0.2" ? "IP address mismatch" : "hostname mismatch"))
        #expect(error?.remedy?.contains("--cacert") == true)
        var settings = TLSSettings()
        settings.isVerifying = false
        #expect(try Self.refusal(settings, host: host) == nil)
    }

    @Test("authorities that are named are the only ones")
    func authorities() throws {
        let folder = try TemporaryFolder()
        // Another authority than the user's: any certificate of ours that signs nothing.
        let other = try TestAuthority.identity(.p256, names: [], addresses: [])
        let written = other.text(withKey: false)
        let text: String = try #require(written)
        try text.write(toFile: folder.file("other.pem"), atomically: true, encoding: .utf8)
        var settings = TLSSettings()
        settings.authorities = folder.file("other.pem")
        let error = try Self.refusal(settings, host: "one.test")
        #expect(error?.reason.contains("unable to get local issuer certificate") == true)
        let trusted: String = try #require(TestAuthority.trusted)
        settings.authorities = trusted
        #expect(try Self.refusal(settings, host: "one.test") == nil)
    }

    @Test(
        "versions that are pinned on both ends must be the same",
        arguments: TLSSettings.Version.allCases, TLSSettings.Version.allCases)
    func versions(client: TLSSettings.Version, server: TLSSettings.Version) throws {
        var (mine, its) = (TLSSettings(), TLSSettings())
        (mine.version, its.version) = (client, server)
        var pair = try TLSPair(
            client: TLSPair.clientContext(mine), server: TLSPair.serverContext(its))
        let isOpen = pair.open()
        let (error, other) = (pair.client.error, pair.server.error)
        #expect(isOpen && (error == nil && other == nil) == (client == server))
        if client != server {
            #expect(other?.reason.hasPrefix("TLS failed: ") == true, "\(other as Any)")
        }
    }

    @Test(
        "ciphers and groups are those that are named",
        arguments: [
            ("TLS_AES_128_GCM_SHA256", "P-256", "TLS_AES_256_GCM_SHA384", "P-256", false),
            ("TLS_AES_128_GCM_SHA256", "P-256", "TLS_AES_128_GCM_SHA256", "P-256", true),
            ("TLS_AES_128_GCM_SHA256", "X25519", "TLS_AES_128_GCM_SHA256", "P-384", false),
            ("TLS_AES_128_GCM_SHA256", "X25519:P-384", "TLS_AES_128_GCM_SHA256", "P-384", true),
        ])
    func choices(
        ciphers: String, groups: String, itsCiphers: String, itsGroups: String, agree: Bool
    ) throws {
        var (mine, its) = (TLSSettings(), TLSSettings())
        (mine.version, its.version) = (.tls13, .tls13)
        (mine.ciphers, mine.groups) = (ciphers, groups)
        (its.ciphers, its.groups) = (itsCiphers, itsGroups)
        var pair = try TLSPair(
            client: TLSPair.clientContext(mine), server: TLSPair.serverContext(its))
        let isOpen = pair.open()
        let (error, other) = (pair.client.error, pair.server.error)
        #expect(isOpen && (error == nil && other == nil) == agree)
    }

    @Test(
        "both ends agree on the protocol that the client asks for",
        arguments: [ApplicationProtocol.http11, .http2])
    func application(asked: ApplicationProtocol) throws {
        var pair = try TLSPair(
            client: TLSPair.clientContext(host: "localhost", asked),
            server: TLSPair.serverContext())
        let isOpen = pair.open()
        let (mine, its) = (pair.client.facts?.application, pair.server.facts?.application)
        #expect(isOpen && mine == asked && its == asked)
    }

    @Test(
        "a server that asks for certificates takes those of its authorities", arguments: [0, 1, 2])
    func mutual(shown: Int) throws {
        let folder = try TemporaryFolder()
        // There is an authority once there is a certificate.
        _ = try TLSPair.serverContext()
        var its = TLSSettings()
        let trusted: String = try #require(TestAuthority.trusted)
        its.authorities = trusted
        var mine = TLSSettings()
        if shown > 0 {
            let identity = try TestAuthority.identity(.p256, names: ["me.test"], addresses: [])
            let written = identity.text(withKey: true)
            let text: String = try #require(written)
            try text.write(toFile: folder.file("me.pem"), atomically: true, encoding: .utf8)
            mine.files = TLSSettings.Files(
                certificate: folder.file("me.pem"), key: folder.file("me.pem"))
        }
        if shown == 2 {
            // An authority that has not signed it.
            let other = try TestAuthority.identity(.rsa, names: [], addresses: [])
            let written = other.text(withKey: false)
            let text: String = try #require(written)
            try text.write(toFile: folder.file("other.pem"), atomically: true, encoding: .utf8)
            its.authorities = folder.file("other.pem")
        }
        var pair = try TLSPair(
            client: TLSPair.clientContext(mine), server: TLSPair.serverContext(its))
        pair.client.output = [1]
        let isDone = pair.run { client, server in !server.input.isEmpty || server.isOver }
        let (input, error) = (pair.server.input, pair.server.error)
        #expect(isDone && (shown == 1 ? input == [1] : error != nil), "\(error as Any)")
        if shown != 1 {
            let isTold = pair.run { client, _ in client.isOver }
            let told = pair.client.error?.reason ?? ""
            #expect(isTold && told.contains("alert"), "\(told)")
        }
    }
}
