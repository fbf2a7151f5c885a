import Platform
import Scrape

/// Answers whoever asks a running generator for its metrics, on the coordinator's thread.
final class MetricsDesk {
    private var socket: MetricsSocket

    /// Behind those of the signals and of the bell.
    private static let firstToken: UInt64 = 2

    init(on address: SocketAddress) throws(SystemError) {
        socket = try MetricsSocket(on: address)
    }

    var url: String { "http://\(socket.address)\(MetricsSocket.path)" }

    func watch(with poller: borrowing Poller) throws(SystemError) {
        try socket.watch(with: poller, firstToken: Self.firstToken)
    }

    /// - Parameter metrics: what was measured so far; called when somebody asks.
    func serve(with poller: borrowing Poller, metrics: () -> ExpositionText) {
        socket.serve(with: poller, firstToken: Self.firstToken, metrics: metrics)
    }
}
