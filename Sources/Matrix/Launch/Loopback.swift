import Basis
import Platform

/// The loopback addresses of a machine, in the order in which a server is looked for.
enum Loopback: CaseIterable {
    case v4
    case v6

    /// As it stands in a URL.
    var host: String {
        switch self {
        case .v4: "127.0.0.1"
        case .v6: "[::1]"
        }
    }

    func address(port: UInt16) -> SocketAddress {
        switch self {
        case .v4: .v4(0x7F00_0001, port: port)
        case .v6: .v6(0, 1, port: port, scope: 0)
        }
    }

    /// Where somebody listens on `port`, found without a connection, which a server might count;
    /// IPv4 when that can't be told, as of a server in a network of its own.
    static func listener(port: UInt16) -> Loopback {
        allCases.first { $0.isTaken(port) } ?? .v4
    }

    private func isTaken(_ port: UInt16) -> Bool {
        do throws(SystemError) {
            try Socket.checkFree(address(port: port))
            return false
        } catch {
            return error.isAddressInUse
        }
    }

    /// A port that nobody has on either address.
    static func freePort() throws(LaunchFailure) -> UInt16 {
        do {
            for _ in 0..<100 {
                let socket = try Socket.listen(on: Loopback.v4.address(port: 0), ListenOptions())
                guard let port = try Socket.localAddress(of: socket).port else { break }
                if !Loopback.v6.isTaken(port) { return port }
            }
        } catch {
            throw LaunchFailure("there is no free port: \(error)")
        }
        throw LaunchFailure("there is no free port")
    }
}
