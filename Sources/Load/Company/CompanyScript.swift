package import Basis
package import Report

/// What connections beside the load do. It is data, so that one engine serves every kind: a
/// connection acts at equal steps of time, and in each act sends and receives so many bytes.
package struct CompanyScript: Equatable, Sendable {
    package let kind: CompanyReport.Kind
    package let connections: Int
    /// From one act of a connection to its next; nil for those that never act.
    package private(set) var period: Nanoseconds?
    /// Sent once, and what is sent behind it again and again; without the latter no more.
    private(set) var head: [UInt8] = []
    private(set) var tail: [UInt8] = []
    /// The most that an act sends, and receives.
    private(set) var sendBytes = 0
    private(set) var receiveBytes = 0
    /// What the kernel is asked to take for a connection before it is received; nil for the usual.
    private(set) var receiveBuffer: Int?

    private init(_ kind: CompanyReport.Kind, _ connections: Int) {
        self.kind = kind
        self.connections = connections
    }

    /// Connections that never ask.
    package static func idle(_ connections: Int) -> CompanyScript { .init(.idle, connections) }

    /// Connections that ask for an answer and take it slowly, with little room for what they have
    /// not taken.
    package static func slowReaders(_ peers: SlowPeers, host: [UInt8]) -> CompanyScript {
        var script = CompanyScript(.slowReaders, peers.count)
        script.head = requestHead(peers.path ?? usualPath, host: host) + Array("\r\n".utf8)
        script.sendBytes = script.head.count
        (script.period, script.receiveBytes) = steps(of: peers.rate)
        script.receiveBuffer = Limit.slowReceiveBuffer
        return script
    }

    /// Connections that send the head of a request, which has no end, slowly ("slowloris").
    package static func slowSenders(_ peers: SlowPeers, host: [UInt8]) -> CompanyScript {
        var script = CompanyScript(.slowSenders, peers.count)
        script.head = requestHead(peers.path ?? "/", host: host)
        script.tail = Array("X-More: 1\r\n".utf8)
        (script.period, script.sendBytes) = steps(of: peers.rate)
        // An answer comes only to refuse them.
        script.receiveBytes = Limit.refusalBytes
        return script
    }

    /// The longest answer that our server gives, which no slow reader sees the end of.
    private static let usualPath = "/bytes/\(1 << 30)"

    private static func requestHead(_ path: String, host: [UInt8]) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: ".utf8) + host + Array("\r\n".utf8)
    }

    /// Of a rate of bytes a second how often how many: in steps of a tenth of a second, of one byte
    /// where that takes longer, or of what a receive takes where that takes less.
    private static func steps(of rate: ByteCount) -> (Nanoseconds, Int) {
        let wanted = Int((Double(rate.raw) * Limit.actStep.inSeconds).rounded())
        let bytes = min(max(1, wanted), Limit.receiveBytes)
        return (Nanoseconds(raw: Int64(Double(bytes) / Double(rate.raw) * 1e9)), bytes)
    }

    /// The next bytes to send behind the first `sent`, at most `sendBytes` and none of them twice:
    /// an empty slice where there is no more.
    func bytes(behind sent: Int) -> ArraySlice<UInt8> {
        if sent < head.count { return head[sent..<min(head.count, sent + sendBytes)] }
        if tail.isEmpty { return [] }
        let place = (sent - head.count) % tail.count
        return tail[place..<min(tail.count, place + sendBytes)]
    }
}
