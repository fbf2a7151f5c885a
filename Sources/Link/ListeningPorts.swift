import Basis
import Platform

/// Who listens in a network, as /proc/net/tcp tells (proc_pid_net(5)): no packet has to ask.
enum ListeningPorts {
    /// Whether a socket of the calling thread's network takes connections to `port`.
    static func contain(_ port: UInt16) -> Bool {
        // What listens to both families is in the second.
        ["tcp", "tcp6"].contains { name in
            (try? readFile("/proc/thread-self/net/\(name)")).map { isListening(port, $0) } ?? false
        }
    }

    /// Columns are number, local address as `0100007F:1F90`, remote address and state, in which A
    /// is TCP_LISTEN.
    static func isListening(_ port: UInt16, _ table: String) -> Bool {
        table.split(separator: "\n").dropFirst().contains { line in
            let columns = line.split(separator: " ")
            guard columns.count > 3, columns[3] == "0A",
                let text = columns[1].split(separator: ":").last
            else { return false }
            return UInt16(text, radix: 16) == port
        }
    }
}
