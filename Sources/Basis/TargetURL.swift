/// Where requests go, as the user wrote it (RFC 3986; the schemes `http` and `https` of RFC 9110
/// §4.2, `ws` and `wss` of RFC 6455 §3, and `grpc` and `grpcs` for HTTP/2 with calls of gRPC).
package struct TargetURL: Equatable, Sendable, CustomStringConvertible {
    /// What a URL says of the protocol, without the `s` for TLS; `http` leaves it open.
    package enum Scheme: String, CaseIterable, Sendable { case http, ws, grpc }

    /// A host name or a numeric address, IPv6 without its brackets.
    package let host: String
    package let port: UInt16
    /// Path and query, at least `/`, with its bytes as the user wrote them (`RawText`).
    package let target: String
    package let scheme: Scheme
    /// Whether it is spoken over TLS.
    package let isSecure: Bool

    /// Reads `http://host[:port][/path][?query]`, or the same with another scheme. The scheme may
    /// be left out; a fragment is not sent.
    package init(parsing text: String) throws(Complaint) {
        func refused(_ why: String) -> Complaint {
            Complaint(
                "URL '\(text)' \(why)", remedy: "give one such as http://127.0.0.1:8080/plaintext")
        }
        func refusedUnix(_ path: Substring) -> Complaint {
            Complaint(
                "URL '\(text)' is a Unix socket, not a server's address",
                remedy: "give --unix-socket \(path.isEmpty ? "PATH" : "\(path)")"
                    + " and a URL such as http://localhost/plaintext")
        }
        var rest = Substring(RawText.spread(text))
        // A "://" further on belongs to the path, the query or the fragment.
        let front = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if front.lowercased() == "unix:" {
            let path = rest.dropFirst(front.count)
            throw refusedUnix(path.hasPrefix("//") ? path.dropFirst(2) : path)
        }
        if Self.holdsUser(text) {
            // Nor are its words shown, for a password may be among them.
            throw Complaint(
                "the URL holds a user name", remedy: "give --user NAME:PASSWORD and the URL without"
            )
        }
        let hasScheme = front.hasSuffix(":") && rest.dropFirst(front.count).hasPrefix("//")
        if hasScheme {
            let scheme = front.dropLast().lowercased()
            if scheme.contains("unix") { throw refusedUnix(rest.dropFirst(front.count + 2)) }
            let secure = scheme.hasSuffix("s") ? Scheme(rawValue: String(scheme.dropLast())) : nil
            guard let known = secure ?? Scheme(rawValue: scheme) else {
                throw refused(
                    "has the scheme \(scheme), not "
                        + Scheme.allCases.map { "\($0), \($0)s" }.joined(separator: ", "))
            }
            self.scheme = known
            isSecure = secure != nil
            rest = rest.dropFirst(front.count + 2)
        } else if ["http:", "https:"].contains(front.lowercased()) {
            throw refused("has no // behind its scheme")
        } else {
            scheme = .http
            isSecure = false
        }
        rest = rest.prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        rest = rest.dropFirst(authority.count)
        if authority.lowercased() == "unix:" {
            throw refusedUnix(rest.prefix { $0 != ":" })
        }

        let digits: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw refused("has no ]") }
            host = RawText.display(authority[..<end].dropFirst())
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else {
                throw refused("has something behind the ]")
            }
            digits = behind.dropFirst()
        } else {
            let colon = authority.lastIndex(of: ":") ?? authority.endIndex
            host = RawText.display(authority[..<colon])
            digits = authority[colon...].dropFirst()
            if host.contains(":") { throw refused("holds an IPv6 address without brackets") }
        }
        if host.isEmpty { throw refused("has no host") }
        // UInt16 would take a sign as well.
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = digits.isEmpty ? Self.usualPort(isSecure) : UInt16(digits), port > 0
        else {
            throw refused("has no port from 1 to 65535")
        }
        self.port = port
        target = rest.hasPrefix("/") ? String(rest) : "/" + rest
    }

    /// Whether a user name, and maybe a password, stands before the host: what holds one is not to
    /// be shown. An `@` further on belongs to the path.
    package static func holdsUser(_ text: String) -> Bool {
        var rest = Substring(text)
        let front = rest.prefix { $0 != "/" }
        if front.hasSuffix(":"), rest.dropFirst(front.count).hasPrefix("//") {
            rest = rest.dropFirst(front.count + 2)
        }
        return rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }.contains("@")
    }

    /// Host and port for the Host field; the port is left out where it is the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == Self.usualPort(isSecure) ? name : "\(name):\(port)"
    }

    private static func usualPort(_ isSecure: Bool) -> UInt16 { isSecure ? 443 : 80 }

    /// The scheme as it is written.
    package var schemeName: String { scheme.rawValue + (isSecure ? "s" : "") }

    package var description: String {
        "\(schemeName)://\(authority)\(RawText.display(target))"
    }
}
