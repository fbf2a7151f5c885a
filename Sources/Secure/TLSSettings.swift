package import Basis

/// What one side of TLS is told.
package struct TLSSettings: Equatable, Sendable {
    /// A version that may be asked for alone.
    package enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// Where one's own certificate and its key come from: files in PEM, the certificate with those
    /// of the authorities between it and a root behind it.
    package struct Files: Equatable, Sendable {
        package var certificate: String
        package var key: String

        /// What two options name together; nil where neither is given.
        ///
        /// - Parameter names: of the options, for who has given one alone.
        package init?(
            certificate: String?, key: String?, as names: (certificate: String, key: String)
        ) throws(Complaint) {
            if certificate == nil, key == nil { return nil }
            guard let certificate, let key else {
                throw Complaint(
                    "\(certificate == nil ? names.key : names.certificate) is given alone",
                    remedy: "give \(names.certificate) and \(names.key) together")
            }
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

    package init() {}
}
