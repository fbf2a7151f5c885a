package import Basis
import COpenSSL
import Platform

/// An authority of this user's own, for servers that nobody has made a certificate for: the first
/// server makes it, and clients of the same user trust it.
package enum TestAuthority {
    /// The kinds of keys that a server's certificate may have.
    package enum Key: Sendable { case p256, rsa }

    private enum Name {
        /// Its key and its certificate.
        static let authority = "authority.pem"
        /// Its certificate alone, for whoever is to trust it.
        static let certificate = "ca.pem"
    }

    private enum Days {
        static let authority: CInt = 3_650
        static let server: CInt = 90
        /// An authority that ends sooner is made anew.
        static let left = 180
    }

    /// The file that a client may trust; nil where there is none that is the user's alone.
    package static var trusted: String? {
        guard let folder = try? PrivateFolder(makesIt: false) else { return nil }
        let path = folder.path(of: Name.certificate)
        return (try? InputFile.read(path, upTo: 1))?.isEmpty == false ? path : nil
    }

    /// A certificate of the authority, which is made if there is none.
    ///
    /// - Parameters:
    ///   - names: of hosts, besides those of this machine.
    ///   - addresses: numeric.
    package static func identity(
        _ kind: Key, names: [String], addresses: [String]
    ) throws(Complaint) -> TLSIdentity {
        let authority = try open()
        let list =
            (["localhost"] + names).map { "DNS:\($0)" }
            + (["127.0.0.1", "::1"] + addresses).map { "IP:\($0)" }
        var seen: Set<String> = []
        let unique = list.filter { seen.insert($0).inserted }
        // SAFETY: the authority lives until the end of the function.
        guard
            let identity = unsafe make(
                kind, subject: "switchyard-server", names: unique.joined(separator: ","),
                days: Days.server, issuer: (authority.certificate, authority.key))
        else { throw failure }
        return identity
    }

    private static func open() throws(Complaint) -> TLSIdentity {
        let folder = try keeping { () throws(SystemError) in try PrivateFolder(makesIt: true) }
        let path = folder.path(of: Name.authority)
        let authority: TLSIdentity
        if let known = read(path) {
            authority = known
        } else {
            guard let fresh = makeAuthority(), let text = fresh.text(withKey: true)
            else { throw failure }
            let other = try keeping { () throws(SystemError) -> TLSIdentity? in
                if (try? InputFile.read(path, upTo: 1)) != nil {
                    // It can't be used, or its time is nearly over.
                    try folder.replace(Name.authority, text)
                    return nil
                }
                // Another server may be faster.
                return try folder.add(Name.authority, text) ? nil : read(path)
            }
            if let other { authority = other } else { authority = fresh }
        }
        // The file that clients trust holds this authority's certificate.
        let published = try? InputFile.read(folder.path(of: Name.certificate), upTo: 1 << 16)
        if let text = authority.text(withKey: false), published != Array(text.utf8) {
            try keeping { () throws(SystemError) in
                try folder.replace(Name.certificate, text)
            }
        }
        return authority
    }

    private static func keeping<Result: ~Copyable>(
        _ step: () throws(SystemError) -> Result
    ) throws(Complaint) -> Result {
        try SystemError.mapping(
            to: {
                $0.complaint(
                    "can't keep an authority in \(PrivateFolder.place)",
                    remedy: "make it a folder of yours that others can't read, or give --cert"
                        + " and --key")
            }, step)
    }

    private static func read(_ path: String) -> TLSIdentity? {
        guard let bytes = try? InputFile.read(path, upTo: 1 << 16),
            let identity = TLSIdentity(text: String(decoding: bytes, as: UTF8.self)),
            identity.isValid(for: Days.left * 86_400)
        else { return nil }
        return identity
    }

    /// Has the file that clients trust hold this authority's certificate.
    private static func makeAuthority() -> TLSIdentity? {
        // SAFETY: there is no issuer to outlive the call.
        unsafe make(
            .p256, subject: "Switchyard test authority", names: "", days: Days.authority,
            issuer: nil)
    }

    /// A new key and its certificate, signed by the issuer's key, or by itself without one.
    private static func make(
        _ kind: Key, subject: String, names: String, days: CInt,
        issuer: (certificate: OpaquePointer, key: OpaquePointer)?
    ) -> TLSIdentity? {
        // SAFETY: what is made is taken over or freed; the issuer lives through the call.
        guard let key = unsafe copenssl_make_key(kind == .rsa ? 1 : 0) else { return nil }
        guard
            let certificate = unsafe copenssl_certify(
                key, subject, names, issuer?.certificate, issuer?.key ?? key, days)
        else {
            unsafe EVP_PKEY_free(key)
            ERR_clear_error()
            return nil
        }
        return unsafe TLSIdentity(certificate: certificate, key: key)
    }

    private static var failure: Complaint {
        Complaint(
            "can't make a certificate", remedy: "give one with --cert and --key")
    }
}
