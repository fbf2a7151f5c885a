import Glibc

/// A port of 127.0.0.1 that the kernel chose and that stays ours without being listened on. While a
/// server that is given it ends, no connection of another test gets it for its own end.
package final class HeldPort: Sendable {
    package let number: UInt16
    private let descriptor: CInt

    package init() throws {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        if descriptor < 0 { throw TestFailure("socket: \(errno)") }
        // Lets a listener have the port as well, as long as this one does not listen (socket(7)).
        var on: CInt = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: every pointer is to a variable of this function, and lent for its call.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
                    | bind(descriptor, name, size) | getsockname(descriptor, name, &size)
            }
        }
        self.descriptor = descriptor
        number = UInt16(bigEndian: address.sin_port)
        if result != 0 { throw TestFailure("no port can be had: \(errno)") }
    }

    deinit { close(descriptor) }
}
