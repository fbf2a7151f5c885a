package import Basis
import CLinux

/// TCP Fast Open, in which the SYN carries the first data (RFC 7413).
package enum FastOpen {
    /// An end of a connection, by its bit in net.ipv4.tcp_fastopen, which also holds for IPv6
    /// (Documentation/networking/ip-sysctl.rst).
    package enum End: Int, Sendable {
        case client = 1
        case server = 2
    }

    /// The setting of this process's network; nil where the kernel has none.
    package static var setting: Int? {
        guard let text = try? readFile("/proc/sys/net/ipv4/tcp_fastopen") else { return nil }
        return Int(text.prefix { $0.isNumber })
    }

    /// Refuses what the machine would not do, and would not say either.
    package static func check(_ end: End, setting: Int? = setting) throws(Complaint) {
        guard let setting else {
            throw Complaint(
                "--fastopen: this kernel has no net.ipv4.tcp_fastopen", remedy: "leave it out",
                status: .failure)
        }
        if setting & end.rawValue != 0 { return }
        throw Complaint(
            "--fastopen: net.ipv4.tcp_fastopen is \(setting) here, without the bit"
                + " \(end.rawValue) of the \(end)",
            remedy: "run: sysctl net.ipv4.tcp_fastopen=\(setting | 3), or leave it out",
            status: .failure)
    }
}

/// What the kernel says of how a TCP connection was opened.
package struct TCPOpening: Equatable, Sendable {
    /// How far it has come.
    package enum State: Sendable {
        /// The SYN was sent and not answered.
        case underWay
        case done
        /// It failed, or the connection is over.
        case ended
    }

    package var state: State
    /// Whether the SYN carried data that its receiver took.
    package var carriedData: Bool

    package init(state: State, carriedData: Bool) {
        self.state = state
        self.carriedData = carriedData
    }
}
