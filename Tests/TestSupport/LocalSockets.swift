import Glibc

/// The kernel's table of TCP sockets, by which one server's descriptors can be told from all others
/// of the process.
package enum LocalSockets {
    /// Established or closing sockets on local `port` of 127.0.0.1 that some process has open.
    package static func connections(port: UInt16) -> Int {
        let table = table
        let local = "0100007F:" + hexadecimal(port)
        return table.split(separator: "\n").dropFirst().filter { line in
            // sl, local, remote, state, queues, timer, retransmits, user, timeouts, inode
            // (proc_net_tcp.rst). State 0A listens; inode 0 belongs to nobody.
            let words = line.split(separator: " ")
            return words.count > 9 && words[1] == local && words[3] != "0A" && words[9] != "0"
        }.count
    }

    /// Read to its end: by its size, which is zero, Foundation takes no more than a page of it.
    private static var table: String {
        // SAFETY: open(2) reads the path, a C string for the call's time.
        let file = unsafe open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1_024)
        while true {
            // SAFETY: read(2) writes at most the array's own bytes.
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress, $0.count)
            }
            if count <= 0 { return String(decoding: all, as: UTF8.self) }
            all += piece[..<count]
        }
    }

    private static func hexadecimal(_ port: UInt16) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
