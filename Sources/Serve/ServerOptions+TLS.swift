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
            OptionSpec(
                "tickets", value: "N",
                help: "what a full handshake gives to resume by, 0 to resume nothing [2]"),
            OptionSpec(
                "ticket-rotation", value: "TIME",
                help: "how long a ticket lasts, and its key seals others [1h]"),
            OptionSpec(
                "early-data", value: "SIZE",
                help: "take so much before a handshake is done, at most 16KiB [0]"),
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
        var settings = try TLSSettings(parsed, version: "tls-version", authorities: "client-ca")
        if let own, settings.files != nil {
            throw Complaint(
                "--tls \(own.rawValue) means nothing with --cert",
                remedy: "leave one of them out")
        }
        try resume(&settings, parsed)
        return TLS(own: own == .rsa ? .rsa : .p256, settings: settings)
    }

    /// What later connections may go on with.
    private static func resume(
        _ settings: inout TLSSettings, _ parsed: ParsedOptions
    ) throws(Complaint) {
        settings.tickets = try parsed.count("tickets", in: 0...64) ?? settings.tickets
        settings.ticketPeriod =
            try parsed.time("ticket-rotation", in: .seconds(1) ... .seconds(604_800))
            ?? settings.ticketPeriod
        settings.earlyBytes = try parsed.bytes("early-data", in: 0...16_384)?.raw ?? 0
        if settings.earlyBytes == 0 { return }
        if settings.version == .tls12 {
            throw Complaint(
                "--early-data means nothing with TLS 1.2", remedy: "leave one of them out")
        }
        if settings.tickets == 0 {
            throw Complaint(
                "--early-data means nothing with --tickets 0", remedy: "leave one of them out")
        }
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
