package import Basis

/// What one side of TLS is told.
package struct TLSSettings: Equatable, Sendable {
    /// A version that may be asked for alone.
    package enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// How a client opens a connection, as far as the server takes part.
    package enum Handshake: String, Sendable, CaseIterable {
        /// Keys are agreed on afresh.
        case full
        /// A ticket of an earlier connection is shown (RFC 8446 §2.2, RFC 5077).
        case resumed
        /// The same, and the first requests go out with it (RFC 8446 §2.3).
        case early
    }

    /// Where one's own certificate and its key come from: files in PEM, the certificate with those
    /// of the authorities between it and a root behind it.
    package struct Files: Equatable, Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Nil takes 1.3, and 1.2 where the peer has no more.
    package var version: Version?
    /// Names as in openssl-ciphers(1), those of 1.3 among them; nil leaves it to the library.
    package var ciphers: String?
    /// Names as in SSL_CTX_set1_groups_list(3); nil leaves it to the library.
    package var groups: String?
    package var files: Files?
    /// A file of the authorities that the peer's certificate must come from. Without one a server
    /// asks for no certificate, and a client trusts those of the system and the test authority.
    package var authorities: String?
    /// Whether a client looks at the server's certificate.
    package var isVerifying = true
    /// Whether a connection keeps the library's buffers of records between them: 33 KiB, and some
    /// tenths of a microsecond less for each record (SSL_MODE_RELEASE_BUFFERS).
    package var keepsBuffers = false
    /// How a client opens its connections.
    package var handshake = Handshake.full
    /// Session tickets that a server gives with a full handshake; a resumed one brings one more.
    /// With none, nothing is resumed.
    package var tickets = 2
    /// After this time the key of tickets is replaced; a ticket lasts as long.
    package var ticketPeriod = Nanoseconds.seconds(3_600)
    /// Bytes that a server takes before a handshake is done.
    package var earlyBytes = 0

    package init() {}
}

/// The options of both programs.
extension TLSSettings {
    package static let ciphersAndGroups: [OptionSpec] = [
        .init("ciphers", value: "LIST", help: "names of OpenSSL, those of 1.3 among them"),
        .init("groups", value: "LIST", help: "for the exchange of keys, such as X25519:P-256"),
    ]

    /// - Parameters:
    ///   - version: the option that pins it.
    ///   - authorities: the option that names their file.
    package init(
        _ parsed: ParsedOptions, version: String, authorities: String
    ) throws(Complaint) {
        self.version = try parsed.choice(version, of: Version.self)
        self.authorities = parsed.text(authorities)
        ciphers = parsed.text("ciphers")
        groups = parsed.text("groups")
        switch (parsed.text("cert"), parsed.text("key")) {
        case (nil, nil): break
        case (let certificate?, let key?): files = Files(certificate: certificate, key: key)
        case (let certificate, _):
            throw Complaint(
                "\(certificate == nil ? "--key" : "--cert") is given alone",
                remedy: "give --cert and --key together")
        }
    }

    /// Complains of an option that is given where no TLS is spoken.
    package static func refuse(
        _ specs: [OptionSpec], in parsed: ParsedOptions, remedy: String
    ) throws(Complaint) {
        for spec in specs where parsed.has(spec.name) {
            throw Complaint("--\(spec.name) means nothing without TLS", remedy: remedy)
        }
    }
}
