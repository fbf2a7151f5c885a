package import Basis
import Glibc
package import Platform

/// A stream client that sends exactly the bytes it is given, when it is told to, and reads as
/// little or as much as it is told to. Nothing waits longer than `TestLimit.hang`.
package final class RawClient {
    /// How a read or write ended that brought nothing.
    package enum Failure: Error, Equatable {
        case hung
        case reset(CInt)
        /// The connection ended inside a reply; the bytes that had come.
        case truncated([UInt8])
    }

    private let socket: CInt
    private var received: [UInt8] = []
    private var consumed = 0
    private var scratch = [UInt8](repeating: 0, count: 64 * 1_024)

    /// Connects to 127.0.0.1.
    ///
    /// - Parameter receiveBuffer: the socket's receive buffer in bytes, which bounds the window
    ///   that the peer may fill; nil leaves it to the kernel.
    package convenience init(port: UInt16, receiveBuffer: Int? = nil) throws {
        try self.init(host: 0x7F00_0001, port: port, receiveBuffer: receiveBuffer)
    }

    private convenience init(host: UInt32, port: UInt16, receiveBuffer: Int?) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        try self.init(AF_INET, address, receiveBuffer)
    }

    /// Connects to an IPv4 address.
    package convenience init(to end: SocketAddress) throws {
        guard case .v4(let host, let port) = end else { throw TestFailure("not IPv4: \(end)") }
        try self.init(host: host, port: port, receiveBuffer: nil)
    }

    /// Connects to a Unix socket.
    package convenience init(path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the copy stops one byte before the end of the field, which stays NUL.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            unsafe field.dropLast().copyBytes(from: path.utf8.prefix(field.count - 1))
        }
        try self.init(AF_UNIX, address, nil)
    }

    private init<Address>(_ family: CInt, _ address: Address, _ receiveBuffer: Int?) throws {
        socket = Glibc.socket(family, CInt(SOCK_STREAM.rawValue) | CInt(O_CLOEXEC), 0)
        guard socket >= 0 else { throw SystemError("socket") }
        if let receiveBuffer { set(SOL_SOCKET, SO_RCVBUF, CInt(receiveBuffer)) }
        if family == AF_INET { set(CInt(IPPROTO_TCP), TCP_NODELAY, 1) }
        // SAFETY: connect(2) reads the address, whose family says which structure it is.
        let result = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        if result != 0 { throw SystemError("connect") }
    }

    deinit { Glibc.close(socket) }

    private func set(_ level: CInt, _ name: CInt, _ value: CInt) {
        var value = value
        // SAFETY: setsockopt(2) reads the four bytes of the value.
        _ = unsafe setsockopt(socket, level, name, &value, 4)
    }

    // MARK: sending

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = try sendSome(rest)
            if taken == 0 { try wait(for: POLLOUT) }
            rest = rest.dropFirst(taken)
        }
    }

    /// Sends what the socket takes without waiting; returns how many bytes that was.
    package func sendSome(_ bytes: ArraySlice<UInt8>) throws -> Int {
        // SAFETY: send(2) reads at most the slice's own bytes.
        let taken = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(
                socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
        if taken >= 0 { return taken }
        if errno == EAGAIN || errno == EINTR { return 0 }
        throw Failure.reset(errno)
    }

    /// Sends bytes the last of which is urgent (tcp(7)).
    package func sendUrgent(_ text: String) throws {
        let bytes = Array(text.utf8)
        // SAFETY: send(2) reads at most the array's own bytes.
        let taken = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(
                socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_OOB))
        }
        if taken != bytes.count { throw Failure.reset(errno) }
    }

    /// Waits until the peer's kernel has acknowledged all that was sent: the peer's next receive
    /// finds it. A send may return before, where the machine is busy.
    package func awaitDelivery() {
        _ = TestClock.eventually {
            var unacknowledged: CInt = 0
            // SAFETY: SIOCOUTQ writes one int (tcp(7)).
            let result = unsafe ioctl(socket, UInt(TIOCOUTQ), &unacknowledged)
            return result != 0 || unacknowledged == 0
        }
    }

    /// Ends this half of the connection; replies can still come.
    package func finishSending() { shutdown(socket, CInt(SHUT_WR)) }

    /// Makes the end of this client a reset (RST) instead of an orderly close.
    package func resetAtEnd() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        // SAFETY: setsockopt(2) reads the structure's own bytes.
        _ = unsafe setsockopt(
            socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    // MARK: receiving

    /// Bytes that the kernel holds or this client has read ahead, without waiting.
    package var hasInput: Bool { received.count > consumed || isReady(POLLIN, .zero) }

    /// Receives something more; false at the end of the stream.
    private func receiveMore(within limit: Nanoseconds = TestLimit.hang) throws -> Bool {
        guard isReady(POLLIN, limit) else { throw Failure.hung }
        if consumed > 1 << 20 {
            received.removeFirst(consumed)
            consumed = 0
        }
        // SAFETY: recv(2) writes at most the scratch array's own bytes.
        let got = unsafe scratch.withUnsafeMutableBytes {
            unsafe recv(socket, $0.baseAddress, $0.count, 0)
        }
        if got < 0 { throw Failure.reset(errno) }
        received.append(contentsOf: scratch[..<got])
        return got > 0
    }

    /// Receives the next reply. Interim replies (1xx) are replies of their own.
    ///
    /// - Parameter toHead: whether the reply answers HEAD, so that no payload follows.
    package func reply(toHead: Bool = false) throws -> HTTPReply {
        let end = try endOfHead()
        var reply = try HTTPReply(head: received[consumed..<end])
        consumed = end + 4
        if toHead || reply.isBodyless { return reply }
        guard let length = reply["content-length"].flatMap({ Int($0) }) else {
            throw TestFailure("no Content-Length: \(reply)")
        }
        try need(length)
        reply.body = Array(received[consumed..<(consumed + length)])
        consumed += length
        return reply
    }

    /// Sends a request and receives its reply.
    package func ask(_ request: String, toHead: Bool = false) throws -> HTTPReply {
        try send(request)
        return try reply(toHead: toHead)
    }

    /// Receives a line without its newline.
    package func line() throws -> String {
        var end = consumed
        while true {
            if let newline = received[end...].firstIndex(of: 10) {
                defer { consumed = newline + 1 }
                return String(decoding: received[consumed..<newline], as: UTF8.self)
            }
            end = received.count
            let unread = end - consumed
            if try !receiveMore() { throw Failure.truncated(Array(received[consumed...])) }
            end = consumed + unread
        }
    }

    /// Receives exactly `count` bytes.
    package func receive(_ count: Int) throws -> [UInt8] {
        try need(count)
        defer { consumed += count }
        return Array(received[consumed..<(consumed + count)])
    }

    /// Receives until the peer ends its half.
    package func rest() throws -> [UInt8] {
        while try receiveMore() {}
        defer { consumed = received.count }
        return Array(received[consumed...])
    }

    /// Waits until the peer has ended the connection, in order or not; false when bytes come
    /// instead.
    package func endsSilently(within limit: Nanoseconds = TestLimit.hang) throws -> Bool {
        if consumed < received.count { return false }
        do {
            return try !receiveMore(within: limit)
        } catch Failure.reset {
            return true
        }
    }

    private func need(_ count: Int) throws {
        while received.count - consumed < count {
            if try !receiveMore() { throw Failure.truncated(Array(received[consumed...])) }
        }
    }

    /// Where the empty line is that ends the head at `consumed`.
    private func endOfHead() throws -> Int {
        var searched = 0
        while true {
            if let found = Self.emptyLine(in: received, from: consumed + searched) { return found }
            searched = max(0, received.count - consumed - 3)
            if try !receiveMore() { throw Failure.truncated(Array(received[consumed...])) }
        }
    }

    private static func emptyLine(in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 3 < bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13,
                bytes[index + 3] == 10
            {
                return index
            }
            index += 1
        }
        return nil
    }

    // MARK: waiting

    private func wait(for event: CInt) throws {
        guard isReady(event, TestLimit.hang) else { throw Failure.hung }
    }

    private func isReady(_ event: CInt, _ limit: Nanoseconds) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(event), revents: 0)
        // SAFETY: poll(2) writes the one entry it is given.
        return unsafe poll(&entry, 1, CInt(limit.raw / 1_000_000)) > 0
    }
}
