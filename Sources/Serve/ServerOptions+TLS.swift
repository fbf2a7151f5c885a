import Basis
import Platform
package import Secure

extension ServerOptions {
    /// What a server shows its peers, and asks of them.
    package struct TLS: Sendable {
        /// Where no files are named: the kind of key that the test authority certifies.
        package var own = TestAuthority.Key.p256
        package var settings = TLSSettings()
    }

    static let tlsSpecs: [OptionSpec] = [
        OptionSpec(
            "tls", value: "KIND",
            help: "speak TLS as the test authority says: self-signed or self-signed:rsa"),
        OptionSpec("cert", value: "FILE", help: "speak TLS with this certificate, in PEM"),
        OptionSpec("key", value: "FILE", help: "the key of --cert, in PEM"),
        OptionSpec("tls-version", value: "VERSION", help: "1.2 or 1.3 alone [both]"),
        OptionSpec(
            "client-ca", value: "FILE", help: "ask for certificates, from these authorities"),
        OptionSpec("ciphers", value: "LIST", help: "names of OpenSSL, those of 1.3 among them"),
        OptionSpec(
            "groups", value: "LIST", help: "for the exchange of keys, such as X25519:P-256"),
    ]

    private enum Own: String, CaseIterable {
        case p256 = "self-signed"
        case rsa = "self-signed:rsa"
    }

    /// What the command line says of TLS; nil where it is not spoken.
    static func tls(_ parsed: ParsedOptions) throws(Complaint) -> TLS? {
        let own = try parsed.choice("tls", of: Own.self)
        var tls = TLS()
        tls.own = own == .rsa ? .rsa : .p256
        tls.settings.files = try TLSSettings.Files(
            certificate: parsed.text("cert"), key: parsed.text("key"), as: ("--cert", "--key"))
        if own == nil, tls.settings.files == nil {
            for spec in tlsSpecs where parsed.has(spec.name) {
                throw Complaint(
                    "--\(spec.name) means nothing without TLS",
                    remedy: "add --tls self-signed, or --cert and --key, or leave it out")
            }
            return nil
        }
        if own != nil, tls.settings.files != nil {
            throw Complaint(
                "--tls \(own?.rawValue ?? "") means nothing with --cert",
                remedy: "leave one of them out")
        }
        tls.settings.version = try parsed.choice("tls-version", of: TLSSettings.Version.self)
        tls.settings.authorities = parsed.text("client-ca")
        tls.settings.ciphers = parsed.text("ciphers")
        tls.settings.groups = parsed.text("groups")
        return tls
    }

    /// What is allowed and unwise, a line each.
    package var warnings: [String] {
        guard let key = tls?.settings.files?.key, InputFile.isReadableByOthers(key)
        else { return [] }
        return ["the key \(key) can be read by others than its owner; see chmod 600"]
    }

    /// Keys and trust, ready for connections. The certificate of the test authority is for every
    /// name and address that the server listens on.
    func makeTLS() throws(Complaint) -> TLSContext? {
        guard let tls else { return nil }
        if tls.settings.files != nil {
            return try TLSContext(server: tls.settings, identity: nil)
        }
        let addresses = listen.filter { !$0.isUnix }.map(\.numericHost)
        return try TLSContext(
            server: tls.settings,
            identity: TestAuthority.identity(
                tls.own, names: [SocketAddress.ownName].compactMap(\.self),
                addresses: addresses))
    }
}
