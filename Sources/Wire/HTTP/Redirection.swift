import Basis

/// Where a `Location` leads that stays on the server (RFC 9110 §10.2.2, RFC 3986 §5).
///
/// - Parameters:
///   - location: a reference, absolute or not; its fragment is not sent.
///   - target: path and query that it stands in an answer to.
///   - scheme: of the server's URLs, without TLS `http`.
///   - authority: of the same, the port left out where it is the scheme's own.
/// - Returns: path and query; nil where it leads elsewhere, or is none.
package func redirectedTarget(
    _ location: Span<UInt8>, from target: [UInt8], scheme: String, authority: String
) -> [UInt8]? {
    var rest = Array(copying: location)[...]
    rest = rest.prefix { $0 != .numberSign }
    guard rest.allSatisfy({ $0 > .space && $0 != .delete }) else { return nil }
    let name = rest.prefix { ![.colon, .slash, .questionMark].contains($0) }
    if name.endIndex < rest.endIndex, rest[name.endIndex] == .colon {
        guard String(decoding: name, as: UTF8.self).lowercased() == scheme else { return nil }
        rest = rest[(name.endIndex + 1)...]
        guard rest.starts(with: Array("//".utf8)) else { return nil }
    }
    if rest.starts(with: Array("//".utf8)) {
        rest = rest.dropFirst(2)
        let other = rest.prefix { ![.slash, .questionMark].contains($0) }
        guard isSame(String(decoding: other, as: UTF8.self), authority, scheme) else { return nil }
        rest = rest[other.endIndex...]
        return normalized(rest.first == .slash ? Array(rest) : [.slash] + rest)
    }
    let path = target.prefix { $0 != .questionMark }
    switch rest.first {
    case nil: return target
    case .slash?: return normalized(Array(rest))
    case .questionMark?: return Array(path + rest)
    default:
        let folder = path.lastIndex(of: .slash).map { path[...$0] } ?? [.slash]
        return normalized(Array(folder + rest))
    }
}

/// Whether two authorities are one; a port that is the scheme's own may be written.
private func isSame(_ other: String, _ authority: String, _ scheme: String) -> Bool {
    let port = scheme == "https" ? ":443" : ":80"
    func plain(_ text: String) -> String {
        let text = text.lowercased()
        if text.hasSuffix(port) { return String(text.dropLast(port.count)) }
        return text.hasSuffix(":") ? String(text.dropLast()) : text
    }
    return plain(other) == plain(authority)
}

/// Path and query with the dot segments of the path worked off (RFC 3986 §5.2.4).
private func normalized(_ target: [UInt8]) -> [UInt8] {
    let path = target.prefix { $0 != .questionMark }
    let query = target[path.endIndex...]
    var segments: [ArraySlice<UInt8>] = []
    let all = path.dropFirst().split(separator: .slash, omittingEmptySubsequences: false)
    for (index, segment) in all.enumerated() {
        let isLast = index == all.count - 1
        switch Array(segment) {
        case Array(".".utf8): if isLast { segments.append([]) }
        case Array("..".utf8):
            if !segments.isEmpty { segments.removeLast() }
            if isLast { segments.append([]) }
        default: segments.append(segment)
        }
    }
    return segments.reduce(into: [UInt8]()) { $0 += [.slash] + $1 } + query
}
