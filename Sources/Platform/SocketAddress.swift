package import Basis
import CLinux
import Glibc

/// Where a stream socket listens or connects to.
package enum SocketAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 address in host byte order and a port.
    case v4(UInt32, port: UInt16)
    /// The 16 bytes of an IPv6 address as two big-endian halves, a port and a scope (0: none).
    case v6(UInt64, UInt64, port: UInt16, scope: UInt32)
    case unix(path: String)

    /// Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (every IPv4 address). A host name is looked up
    /// (getaddrinfo(3)); IPv4 is preferred where it has both.
    package init(parsing text: String) throws(Complaint) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw Complaint(
                "address '\(text)' has no port from 0 to 65535",
                remedy: "write HOST:PORT such as 127.0.0.1:8080 or [::1]:8080")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        try self.init(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }

    /// Looks up `host`, a numeric address or a name. IPv4 is preferred where it has both.
    package init(host: String, port: UInt16) throws(Complaint) {
        let found = try Self.lookUp(host, port: port)
        self = found.first { $0.family == AF_INET } ?? found[0]
    }

    /// All addresses of `host`, at least one, in the order in which they are to be tried, which is
    /// the resolver's (RFC 6724). `localhost` is the loopback of both families, whatever the
    /// resolver knows of it (RFC 6761 §6.3).
    package static func all(host: String, port: UInt16) throws(Complaint) -> [SocketAddress] {
        let name = host.lowercased()
        guard name == "localhost" || name.hasSuffix(".localhost") else {
            return try lookUp(host, port: port)
        }
        var found: [SocketAddress] = []
        do { found = try lookUp(host, port: port) } catch {}
        let loopbacks: [SocketAddress] = [
            .v4(0x7F00_0001, port: port), .v6(0, 1, port: port, scope: 0),
        ]
        return found + loopbacks.filter { !found.contains($0) }
    }

    /// The name of this machine (gethostname(2)); nil where it has none.
    package static var ownName: String? {
        var room = [CChar](repeating: 0, count: 256)
        // SAFETY: fills at most `room`, whose last byte stays NUL.
        guard unsafe gethostname(&room, room.count - 1) == 0 else { return nil }
        let name = String(
            decoding: room.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let isPlain = name.utf8.allSatisfy {
            $0 == 0x2D || $0 == 0x2E || (0x30...0x39).contains($0)
                || (0x41...0x5A).contains($0 & 0xDF)
        }
        return name.isEmpty || !isPlain ? nil : name
    }

    /// Whether `host` is an address and no name (inet_pton(3)).
    package static func isNumeric(_ host: String) -> Bool {
        var room = in6_addr()
        // SAFETY: inet_pton(3) fills at most the 16 bytes of `room`.
        return unsafe inet_pton(AF_INET, host, &room) == 1 || inet_pton(AF_INET6, host, &room) == 1
    }

    private static func lookUp(
        _ host: String, port: UInt16
    ) throws(Complaint) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        defer { if unsafe list != nil { unsafe freeaddrinfo(list) } }
        var found: [SocketAddress] = []
        // SAFETY: getaddrinfo(3) made a list that ends with nil and lives until freeaddrinfo; each
        // entry's address has the shape that its family says.
        var entry = unsafe status == 0 ? list : nil
        while let info = unsafe entry {
            if let address = unsafe SocketAddress(info.pointee.ai_addr, port: port),
                !found.contains(address)
            {
                found.append(address)
            }
            unsafe entry = info.pointee.ai_next
        }
        if found.isEmpty {
            let reason = status == 0 ? "no address" : unsafe String(cString: gai_strerror(status))
            throw Complaint(
                "host '\(host)' can't be found: \(reason)",
                remedy: "check the name, or give a numeric address", status: .failure)
        }
        return found
    }

    /// Whether a socket of `other` can connect to this address, or be bound for it.
    package func isOfFamily(of other: SocketAddress) -> Bool { family == other.family }

    package var isUnix: Bool { family == AF_UNIX }

    /// Reads what the kernel filled in; nil for a family that we do not speak. `port` replaces the
    /// stored one.
    init?(_ pointer: UnsafePointer<sockaddr>?, port: UInt16? = nil) {
        guard let pointer = unsafe pointer else { return nil }
        // SAFETY: the family says which structure lies behind the pointer.
        switch unsafe CInt(pointer.pointee.sa_family) {
        case AF_INET:
            let address = unsafe UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in.self)
            self = .v4(
                UInt32(bigEndian: address.sin_addr.s_addr),
                port: port ?? UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = unsafe UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in6.self)
            let raw = unsafe UnsafeRawPointer(pointer)
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
            self = unsafe .v6(
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
                port: port ?? UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id)
        default: return nil
        }
    }

    var family: CInt {
        switch self {
        case .v4: AF_INET
        case .v6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    package var port: UInt16? {
        switch self {
        case .v4(_, let port), .v6(_, _, let port, _): port
        case .unix: nil
        }
    }

    /// The same host with another port.
    package func with(port: UInt16) -> SocketAddress {
        switch self {
        case .v4(let host, _): .v4(host, port: port)
        case .v6(let high, let low, _, let scope): .v6(high, low, port: port, scope: scope)
        case .unix: self
        }
    }

    /// Lends the kernel's form of this address.
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        // SAFETY: `sockaddr_storage` is large and aligned enough for every family (socket.h(0p)).
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            let length = unsafe fill(bytes)
            return unsafe body(
                bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .v4(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = host.bigEndian
            // SAFETY: the destination is a sockaddr_storage, larger than what is stored.
            unsafe bytes.storeBytes(of: address, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        case .v6(let high, let low, let port, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
            // SAFETY: as above; the halves land inside `sin6_addr`.
            unsafe bytes.storeBytes(of: address, as: sockaddr_in6.self)
            unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: offset, as: UInt64.self)
            unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
            return MemoryLayout<sockaddr_in6>.size
        case .unix(let path):
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
            precondition(path.utf8.count < SocketAddress.unixPathBytes, "checked by whoever binds")
            // SAFETY: as above; the path and its NUL fit by the precondition.
            unsafe bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
            unsafe bytes[offset..<(offset + path.utf8.count)].copyBytes(from: path.utf8)
            return offset + path.utf8.count + 1
        }
    }

    /// Room for a Unix socket's path with its final NUL (unix(7)).
    package static let unixPathBytes = 108

    package var description: String {
        switch self {
        case .v4(let host, let port): return "\(Self.dotted(host)):\(port)"
        case .v6(_, _, let port, _): return "[\(numericHost)]:\(port)"
        case .unix(let path): return path
        }
    }

    /// The address without its port.
    package var numericHost: String {
        switch self {
        case .v4(let host, _): return Self.dotted(host)
        case .v6(let high, let low, _, _):
            var bytes = [high.bigEndian, low.bigEndian]
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            // SAFETY: inet_ntop(3) reads 16 bytes and writes at most the size it is given.
            unsafe inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
            return String(
                decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        case .unix(let path): return path
        }
    }

    private static func dotted(_ host: UInt32) -> String {
        "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255)"
    }
}
