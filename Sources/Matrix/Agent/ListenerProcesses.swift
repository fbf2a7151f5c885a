import Basis
import Foundation
import Link
import Platform

/// Finds the processes that hold a listening socket.
enum ListenerProcesses {
    /// The first process of a machine, which listens for others (systemd.socket(5)) and has started
    /// all that there is.
    private static let first: Int32 = 1

    /// All that hold a listener of `port`, in the network of the caller.
    static func holding(_ port: UInt16) throws(Complaint) -> [Int32] {
        let inodes = ListeningPorts.inodes(port)
        if inodes.isEmpty {
            throw Complaint(
                "nobody listens on port \(port) here",
                remedy: "start the server, or measure where it runs", status: .failure)
        }
        let holders = holders(of: inodes)
        if holders.isEmpty {
            throw Complaint(
                "who listens on port \(port) is another user's process, or in a container",
                remedy: "run as root or as the server's user, or name the process with --pid",
                status: .failure)
        }
        let own = holders.filter { $0 != first }
        if own.isEmpty {
            throw Complaint(
                "on port \(port) process 1 listens for a server that has not been started",
                remedy: "ask the server once, which starts it", status: .failure)
        }
        return own
    }

    /// Looks at the descriptors of every process that this user may look at (proc_pid_fd(5)).
    private static func holders(of inodes: Set<String>) -> [Int32] {
        let manager = FileManager.default
        let wanted = Set(inodes.map { "socket:[\($0)]" })
        let names = (try? manager.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { id in
            let folder = "/proc/\(id)/fd"
            return ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).contains { name in
                let target = try? manager.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                return target.map { wanted.contains($0) } ?? false
            }
        }
    }
}
