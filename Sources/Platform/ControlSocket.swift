import Basis
import Glibc

/// A Unix socket on which local programs ask questions of one line and get answers of one line.
package struct ControlSocket: ~Copyable {
    private var socket: AnsweringSocket
    private let path: String

    private static let lineBytesAtMost = 4_096

    /// Listens at `path`, readable and writable by this user only. A socket file that nobody
    /// answers any more is replaced.
    package init(path: String) throws(SystemError) {
        let address = SocketAddress.unix(path: path)
        // SAFETY: unlink(2) reads the path, a C string for the call's time, here and in `deinit`.
        if try Self.isAbandoned(address) { unsafe unlink(path) }
        let before = umask(0o177)
        defer { umask(before) }
        let listener = try Socket.listen(on: address, ListenOptions())
        socket = AnsweringSocket(listener, questionBytesAtMost: Self.lineBytesAtMost)
        self.path = path
    }

    // SAFETY: as in `init`.
    deinit { unsafe unlink(path) }

    /// Registers with `poller`: two tokens from `firstToken` on belong to this socket.
    package func watch(
        with poller: borrowing Poller, firstToken: UInt64
    ) throws(SystemError) {
        try socket.watch(with: poller, firstToken: firstToken)
    }

    /// Does what can be done now: accepts peers, reads their lines and answers each by `answer`.
    package mutating func serve(
        with poller: borrowing Poller, firstToken: UInt64, answer: (String) -> String
    ) {
        socket.serve(with: poller, firstToken: firstToken) { input in
            guard let end = input.firstIndex(of: UInt8(ascii: "\n")) else { return .more }
            let line = String(decoding: input[..<end], as: UTF8.self)
            input.removeSubrange(...end)
            return .answer(Array((answer(line) + "\n").utf8))
        }
    }

    /// Whether `address` is a socket that nobody listens on any more. Anything else in that place
    /// is left alone; connecting to it is refused in the same way.
    private static func isAbandoned(_ address: SocketAddress) throws(SystemError) -> Bool {
        guard case .unix(let path) = address, isSocket(path) else { return false }
        var kernel = LinuxKernel()
        let probe = try Socket.client(for: address, from: nil, sendsAtOnce: false)
        do throws(SystemError) {
            _ = try kernel.connect(probe, to: address)
            return false
        } catch {
            return error.code == ECONNREFUSED
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        var facts = stat()
        // SAFETY: lstat(2) fills the structure it is given.
        return unsafe lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
    }
}
