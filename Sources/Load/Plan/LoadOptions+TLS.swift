import Basis
import Platform
import Secure

/// What the command line says of TLS.
extension LoadOptions {
    static let tlsSpecs: [OptionSpec] = [
        .init("tls", value: "VERSION", help: "with https, wss, grpcs: 1.2 or 1.3 alone (both)"),
        .init("insecure", short: "k", help: "take any certificate"),
        .init(
            "cacert", value: "FILE",
            help: "trust these authorities alone (the system's and the test one)"),
        .init("servername", value: "NAME", help: "the name to ask for (the URL's host)"),
        .init("cert", value: "FILE", help: "show this certificate, with --key"),
        .init("key", value: "FILE", help: "the key of --cert"),
        .init("ciphers", value: "LIST", help: "names of OpenSSL, those of 1.3 among them"),
        .init("groups", value: "LIST", help: "for the exchange of keys, such as X25519:P-256"),
    ]

    /// Makes the plan one over TLS where the URL asks for it.
    static func secure(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        guard plan.url.isSecure else {
            for spec in tlsSpecs where options.has(spec.name) {
                throw Complaint(
                    "--\(spec.name) means nothing without TLS",
                    remedy: "give a \(plan.url.scheme)s:// URL, or leave it out")
            }
            return
        }
        var settings = TLSSettings()
        settings.version = try options.choice("tls", of: TLSSettings.Version.self)
        settings.isVerifying = !options.has("insecure")
        settings.authorities = options.text("cacert")
        settings.ciphers = options.text("ciphers")
        settings.groups = options.text("groups")
        settings.files = try TLSSettings.Files(
            certificate: options.text("cert"), key: options.text("key"), as: ("--cert", "--key"))
        if !settings.isVerifying, settings.authorities != nil {
            throw Complaint(
                "--cacert means nothing with --insecure", remedy: "leave one of them out")
        }
        let host = options.text("servername") ?? plan.url.host
        plan.tls = try TLSContext(
            client: settings,
            of: TLSContext.Peer(
                host: host, isAddress: SocketAddress.isNumeric(host),
                application: plan.application.overTLS))
    }
}
