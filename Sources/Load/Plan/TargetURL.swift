package import Basis

/// Where requests go, as the user wrote it (RFC 3986, the `http` scheme of RFC 9110 §4.2.1).
package struct TargetURL: Equatable, Sendable, CustomStringConvertible {
    /// A host name or a numeric address, IPv6 without its brackets.
    package let host: String
    package let port: UInt16
    /// Path and query, at least `/`.
    package let target: String

    /// Reads `http://host[:port][/path][?query]`; the scheme may be left out, a fragment is not
    /// sent.
    package init(parsing text: String) throws(Complaint) {
        func refused(_ why: String) -> Complaint {
            Complaint(
                "URL '\(text)' \(why)", remedy: "give one such as http://127.0.0.1:8080/plaintext")
        }
        var rest = Substring(text)
        // A "://" further on belongs to the path, the query or the fragment.
        let front = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let hasScheme = front.hasSuffix(":") && rest.dropFirst(front.count).hasPrefix("//")
        if hasScheme {
            let scheme = front.dropLast().lowercased()
            guard scheme == "http" else { throw refused("has the scheme \(scheme), not http") }
            rest = rest.dropFirst(front.count + 2)
        } else if ["http:", "https:"].contains(front.lowercased()) {
            throw refused("has no // behind its scheme")
        }
        rest = rest.prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        rest = rest.dropFirst(authority.count)
        if authority.contains("@") { throw refused("holds a user name") }

        let digits: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw refused("has no ]") }
            host = String(authority[..<end].dropFirst())
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else {
                throw refused("has something behind the ]")
            }
            digits = behind.dropFirst()
        } else {
            let colon = authority.lastIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<colon])
            digits = authority[colon...].dropFirst()
            if host.contains(":") { throw refused("holds an IPv6 address without brackets") }
        }
        if host.isEmpty { throw refused("has no host") }
        // UInt16 would take a sign as well.
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = digits.isEmpty ? 80 : UInt16(digits), port > 0
        else {
            throw refused("has no port from 1 to 65535")
        }
        self.port = port
        target = rest.hasPrefix("/") ? String(rest) : "/" + rest
    }

    /// Host and port for the Host field; the port is left out where it is the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }

    package var description: String { "http://\(authority)\(target)" }
}
