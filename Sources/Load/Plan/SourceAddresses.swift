package import Basis
package import Platform

/// The local addresses that connections leave from in turn. Each brings about 28 thousand ports a
/// destination of its own.
package enum SourceAddresses {
    /// Reads `127.0.0.2-127.0.0.9,127.0.0.20`: addresses and, for IPv4, ranges, in the given order.
    package static func parse(_ text: String) throws(Complaint) -> [SocketAddress] {
        var found: [SocketAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            if ends.count == 1, let single = address(ends[0]) {
                found.append(single)
            } else if ends.count == 2, let first = v4(ends[0]), let last = v4(ends[1]),
                first <= last, last - first < UInt32(Limit.sourceAddresses)
            {
                found += (first...last).map { .v4($0, port: 0) }
            } else {
                throw Complaint(
                    "--source-ips '\(text)' is not a list of addresses",
                    remedy: "write it like 127.0.0.2-127.0.0.9 or 10.0.0.5,10.0.0.6")
            }
        }
        return found
    }

    /// A numeric address. Names are refused: which address of several a name means is no accident
    /// to leave a measurement to.
    private static func address(_ text: Substring) -> SocketAddress? {
        if let host = v4(text) { return .v4(host, port: 0) }
        guard text.contains(":") else { return nil }
        return try? SocketAddress(host: String(text), port: 0)
    }

    private static func v4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var host: UInt32 = 0
        for part in parts {
            guard part.allSatisfy({ $0.isASCII && $0.isNumber }), let byte = UInt8(part) else {
                return nil
            }
            host = host << 8 | UInt32(byte)
        }
        return host
    }
}
