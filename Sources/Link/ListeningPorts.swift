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

    /// 127.0.0.1 and ::1, which nobody outside reaches: words of 32 bits as they lie in memory, the
    /// low byte first.
    private static let loopback = ["0100007F", "00000000000000000000000001000000"]

    /// Columns are number, local address as `0100007F:1F90`, remote address and state, in which A
    /// is TCP_LISTEN.
    static func isListening(_ port: UInt16, _ table: String) -> Bool {
        table.split(separator: "\n").dropFirst().contains { line in
            let columns = line.split(separator: " ")
            guard columns.count > 3, columns[3] == "0A" else { return false }
            let ends = columns[1].split(separator: ":")
            guard let address = ends.first, let text = ends.last else { return false }
            return UInt16(text, radix: 16) == port && !loopback.contains(String(address))
        }
    }
}
