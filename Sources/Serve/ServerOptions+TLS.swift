import Basis
import Platform
package import Secure

extension ServerOptions {
    /// What a server shows its peers, and asks of them.
    package struct TLS: Sendable {
        /// Where no files are named: the kind of key that the test authority certifies.
        package var own: TestAuthority.Key
        package var settings: TLSSettings
    }

    static let tlsSpecs: [OptionSpec] =
        [
            OptionSpec(
                "tls", value: "KIND",
                help: "speak TLS as the test authority says: self-signed or self-signed:rsa"),
            OptionSpec("cert", value: "FILE", help: "speak TLS with this certificate, in PEM"),
            OptionSpec("key", value: "FILE", help: "the key of --cert, in PEM"),
            OptionSpec("tls-version", value: "VERSION", help: "1.2 or 1.3 alone [both]"),
            OptionSpec(
                "client-ca", value: "FILE", help: "ask for certificates, from these authorities"),
        ] + TLSSettings.ciphersAndGroups

    private enum Own: String, CaseIterable {
        case p256 = "self-signed"
        case rsa = "self-signed:rsa"
    }

    /// What the command line says of TLS; nil where it is not spoken.
    static func tls(_ parsed: ParsedOptions) throws(Complaint) -> TLS? {
        if !["tls", "cert", "key"].contains(where: parsed.has) {
            try TLSSettings.refuse(
                tlsSpecs, in: parsed,
                remedy: "add --tls self-signed, or --cert and --key, or leave it out")
            return nil
        }
        let own = try parsed.choice("tls", of: Own.self)
        let settings = try TLSSettings(parsed, version: "tls-version", authorities: "client-ca")
        if let own, settings.files != nil {
            throw Complaint(
                "--tls \(own.rawValue) means nothing with --cert",
                remedy: "leave one of them out")
        }
        return TLS(own: own == .rsa ? .rsa : .p256, settings: settings)
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
