import Platform

/// Connections that listeners did not take, as the kernel counts them for a whole network: TcpExt
/// of /proc/PID/net/netstat (proc(5)). Other programs' listeners in it are counted, too.
struct ListenCounts: Equatable, Sendable {
    /// The accept queue was full.
    var overflows: Int64
    /// All of them: those, and where the kernel had no memory or would not have the peer.
    var drops: Int64

    func since(_ earlier: ListenCounts) -> ListenCounts {
        var difference = self
        difference.overflows -= earlier.overflows
        difference.drops -= earlier.drops
        return difference
    }

    /// Of the network that a process is in; nil where the kernel does not tell.
    init?(ofProcess id: Int32) {
        guard let text = try? readFile("/proc/\(id)/net/netstat") else { return nil }
        self.init(netstat: text)
    }

    /// A line of names, and one of values below it.
    init?(netstat text: String) {
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("TcpExt:") }.map {
            $0.split(separator: " ")
        }
        guard lines.count == 2, lines[0].count == lines[1].count else { return nil }
        func count(_ name: String) -> Int64? {
            lines[0].firstIndex { $0 == name }.flatMap { Int64(lines[1][$0]) }
        }
        guard let overflows = count("ListenOverflows"), let drops = count("ListenDrops") else {
            return nil
        }
        self.overflows = overflows
        self.drops = drops
    }
}
