import Basis
import COpenSSL

/// Why TLS broke, or was never there. Trivial to copy.
package struct TLSFault: Equatable, Sendable {
    /// What kind of thing happened.
    package enum Kind: Equatable, Sendable {
        /// What the library says in its error code.
        case library
        /// The peer's certificate was not accepted.
        case certificate
        /// The socket ended before the handshake did.
        case cutOff
        /// The server settled on another protocol than the one that was asked for, or on none.
        case otherProtocol
        /// A peer asks for more and more and takes nothing.
        case unread
    }

    package let kind: Kind
    /// The library's error (ERR_get_error(3)); 0 where there is none.
    private let code: UInt
    /// Of the certificate (SSL_get_verify_result(3)).
    private let verification: Int

    init(_ kind: Kind) {
        self.kind = kind
        code = 0
        verification = 0
    }

    /// What the calling thread's last call on `ssl` left in the queue of errors.
    init(of ssl: OpaquePointer) {
        let code = ERR_peek_error()
        // SAFETY: the caller's connection is alive.
        verification = unsafe SSL_get_verify_result(ssl)
        self.code = code
        kind =
            copenssl_reason(code) == SSL_R_CERTIFICATE_VERIFY_FAILED ? .certificate : .library
        ERR_clear_error()
    }

    private var libraryReason: CInt { copenssl_reason(code) }

    /// A client's first bytes were a request without TLS.
    var isPlainRequest: Bool {
        kind == .library && [SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST].contains(libraryReason)
    }

    /// What happened, in a clause.
    package var reason: String {
        switch kind {
        case .cutOff: "the connection ended within the handshake of TLS"
        case .otherProtocol: "the server does not agree to the protocol in its TLS (ALPN)"
        case .unread: "the peer of TLS takes nothing"
        case .certificate:
            // SAFETY: see `text`.
            unsafe "its certificate is not accepted: "
                + Self.text(X509_verify_cert_error_string(verification))
        case .library:
            if libraryReason == SSL_R_WRONG_VERSION_NUMBER {
                "it speaks no TLS there"
            } else {
                // SAFETY: see `text`.
                unsafe "TLS failed: " + Self.text(ERR_reason_error_string(code))
            }
        }
    }

    /// What whoever asked for the connection can do about it.
    package var remedy: String? {
        switch kind {
        case .certificate:
            "name its authority with --cacert FILE, or take any certificate with -k"
        case .otherProtocol: "choose another --protocol"
        case .library where libraryReason == SSL_R_WRONG_VERSION_NUMBER:
            "use the scheme without TLS, or another port"
        default: nil
        }
    }

    private static func text(_ text: UnsafePointer<CChar>?) -> String {
        // SAFETY: both callers' texts are constants of the library, or none.
        unsafe text.map { unsafe printable(String(cString: $0)) } ?? "no reason given"
    }
}
