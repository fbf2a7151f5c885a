import Basis
package import Platform
import Wire

/// An address where Prometheus, or whoever speaks HTTP/1.1, gets the metrics of a running program.
package struct MetricsSocket: ~Copyable {
    private var socket: AnsweringSocket
    /// With the port that the kernel chose, where it was to.
    package let address: SocketAddress

    /// Where they are, as everywhere.
    package static let path = "/metrics"

    /// A scrape's head, with the fields that proxies add.
    private static let headBytes = 8 * 1_024

    package init(on address: SocketAddress) throws(SystemError) {
        let listener = try Socket.listen(on: address, ListenOptions())
        self.address = try Socket.localAddress(of: listener)
        socket = AnsweringSocket(listener, questionBytesAtMost: Self.headBytes)
    }

    /// Registers with `poller`: two tokens from `firstToken` on belong to this socket.
    package func watch(
        with poller: borrowing Poller, firstToken: UInt64
    ) throws(SystemError) {
        try socket.watch(with: poller, firstToken: firstToken)
    }

    /// Does what can be done now: accepts peers and answers them.
    ///
    /// - Parameter metrics: what there is to tell.
    package mutating func serve(
        with poller: borrowing Poller, firstToken: UInt64, metrics: () -> ExpositionText
    ) {
        socket.serve(with: poller, firstToken: firstToken) { input in
            Self.step(&input, metrics)
        }
    }

    private static func step(
        _ input: inout [UInt8], _ metrics: () -> ExpositionText
    ) -> AnsweringSocket.Step {
        if input.isEmpty { return .more }
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        switch parser.next(input.span, from: 0, into: &head, bodyLimit: 0) {
        case .needMore: return .more
        case .head(let end):
            let reply = reply(to: head, in: input, metrics)
            input.removeFirst(end)
            // Nobody has a payload to send here, and where it ends would have to be found.
            return head.keepAlive && head.framing == .none ? .answer(reply) : .last(reply)
        case .refuse(let refusal):
            return .last(reply(refusal.status, "\(refusal.reason)\n", closes: true))
        case .body, .endOfBody:
            return .last(reply(.badRequest, "there is nothing to send here\n", closes: true))
        }
    }

    private static func reply(
        to head: HTTP1.RequestHead, in input: [UInt8], _ metrics: () -> ExpositionText
    ) -> [UInt8] {
        let closes = !head.keepAlive || head.framing != .none
        guard head.method == .get || head.method == .head else {
            return reply(.methodNotAllowed, "ask with GET\n", closes: closes)
        }
        let path = Array(copying: head.path.bytes(of: input.span))
        guard path.elementsEqual(Self.path.utf8) else {
            return reply(
                .notFound, "the metrics are at \(Self.path)\n", closes: closes,
                isHead: head.method == .head)
        }
        return reply(
            .ok, metrics().text, type: ExpositionText.mediaType, closes: closes,
            isHead: head.method == .head)
    }

    private static func reply(
        _ status: HTTP.Status, _ text: String, type: String = "text/plain; charset=utf-8",
        closes: Bool, isHead: Bool = false
    ) -> [UInt8] {
        var head = "HTTP/1.1 \(status.code) \(status.phrase)\r\n"
        if status == .methodNotAllowed { head += "Allow: GET, HEAD\r\n" }
        head += "Content-Type: \(type)\r\nContent-Length: \(text.utf8.count)\r\n"
        head += closes ? "Connection: close\r\n\r\n" : "\r\n"
        return Array((isHead ? head : head + text).utf8)
    }
}
