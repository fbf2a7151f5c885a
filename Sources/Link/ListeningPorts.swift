import Basis
import Platform

/// Who listens in a network, as /proc/net/tcp tells (proc_pid_net(5)): no packet has to ask.
package enum ListeningPorts {
    /// Whether a socket of the network of a process takes connections to `port` that come from
    /// outside.
    ///
    /// - Parameter process: nil for the calling thread.
    package static func contain(_ port: UInt16, of process: Int32? = nil) -> Bool {
        let folder = process.map { "/proc/\($0)/net" } ?? "/proc/thread-self/net"
        // What listens to both families is in the second.
        return ["tcp", "tcp6"].contains { name in
            (try? readFile("\(folder)/\(name)")).map { isListening(port, $0) } ?? false
        }
    }

    /// The inodes of the sockets that listen on `port`, on whatever address, in the network of the
    /// calling thread. A process that has one has a link to `socket:[INODE]` in its /proc/PID/fd.
    package static func inodes(_ port: UInt16) -> Set<String> {
        let tables = ["tcp", "tcp6"].compactMap { try? readFile("/proc/thread-self/net/\($0)") }
        let inodes = tables.flatMap { rows($0) }.filter { $0.port == port }.map(\.inode)
        return Set(inodes.filter { !$0.isEmpty })
    }

    /// 127.0.0.1 and ::1, which nobody outside reaches: words of 32 bits as they lie in memory, the
    /// low byte first.
    private static let loopback = ["0100007F", "00000000000000000000000001000000"]

    static func isListening(_ port: UInt16, _ table: String) -> Bool {
        rows(table).contains { $0.port == port && !loopback.contains($0.address) }
    }

    /// The sockets of a table that listen. Columns are number, local address as `0100007F:1F90`,
    /// remote address, state, in which A is TCP_LISTEN, and behind five more the inode.
    static func rows(_ table: String) -> [(address: String, port: UInt16, inode: String)] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 3, columns[3] == "0A" else { return nil }
            let ends = columns[1].split(separator: ":")
            guard let address = ends.first, let text = ends.last,
                let port = UInt16(text, radix: 16)
            else { return nil }
            return (String(address), port, columns.count > 9 ? String(columns[9]) : "")
        }
    }
}
