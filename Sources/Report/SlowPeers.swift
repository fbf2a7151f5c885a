package import Basis

/// Connections beside the load that read, or send, slowly.
package struct SlowPeers: Equatable, Hashable, Sendable {
    /// Further connections than this are beyond one machine.
    package static let most = 1_000_000

    package let count: Int
    /// Bytes a second of each.
    package let rate: ByteCount
    /// What they ask for; nil for what is usual.
    package let path: String?

    /// Reads `64:1KiB`, or `64:1KiB:/path`.
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let count = parseCount(String(parts[0])),
            (1...Self.most).contains(count), let rate = ByteCount(parsing: String(parts[1])),
            (1...1 << 30).contains(rate.raw)
        else { return nil }
        path = parts.count > 2 ? String(parts[2]) : nil
        if let path, path.first != "/" || path.utf8.contains(where: { $0 <= 32 || $0 >= 127 }) {
            return nil
        }
        self.count = count
        self.rate = rate
    }

    /// What to write instead of what is none.
    package static let remedy =
        "write how many and how many bytes a second each, such as 64:1KiB or 64:1KiB:/path"

    /// As it is read.
    package var text: String { "\(count):\(rate.raw)" + (path.map { ":\($0)" } ?? "") }

    /// A part of a cell's id.
    func idPart(_ name: String) -> String {
        "\(name)\(count)-\(rate.raw)"
            + (path.map { $0.split(separator: "/").map { "-\($0)" }.joined() } ?? "")
    }
}
