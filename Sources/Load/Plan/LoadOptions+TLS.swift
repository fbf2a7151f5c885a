import Basis
import Platform
import Secure

/// What the command line says of TLS.
extension LoadOptions {
    static let tlsSpecs: [OptionSpec] =
        [
            .init("tls", value: "VERSION", help: "with https, wss, grpcs: 1.2 or 1.3 alone (both)"),
            .init("insecure", short: "k", help: "take any certificate"),
            .init(
                "cacert", value: "FILE",
                help: "trust these authorities alone (the system's and the test one)"),
            .init("servername", value: "NAME", help: "the name to ask for (the URL's host)"),
            .init("cert", value: "FILE", help: "show this certificate, with --key"),
            .init("key", value: "FILE", help: "the key of --cert"),
            .init(
                "handshake", value: "KIND",
                help: "full, resumed by tickets, or early, with requests (full)"),
        ] + TLSSettings.ciphersAndGroups

    /// Makes the plan one over TLS where the URL asks for it.
    static func secure(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        guard plan.url.isSecure else {
            return try TLSSettings.refuse(
                tlsSpecs, in: options,
                remedy: "give a \(plan.url.scheme)s:// URL, or leave it out")
        }
        var settings = try TLSSettings(options, version: "tls", authorities: "cacert")
        settings.keepsBuffers = plan.connections <= Limit.connectionsWithBuffers
        settings.isVerifying = !options.has("insecure")
        if !settings.isVerifying, settings.authorities != nil {
            throw Complaint(
                "--cacert means nothing with --insecure", remedy: "leave one of them out")
        }
        settings.handshake =
            try options.choice("handshake", of: TLSSettings.Handshake.self) ?? .full
        if settings.handshake == .early, settings.version == .tls12 {
            throw Complaint(
                "--handshake early means nothing with TLS 1.2", remedy: "leave one of them out")
        }
        let host = options.text("servername") ?? plan.url.host
        plan.tls = try TLSContext(
            client: settings,
            of: TLSContext.Peer(
                host: host, isAddress: SocketAddress.isNumeric(host),
                application: plan.application.overTLS))
    }
}
