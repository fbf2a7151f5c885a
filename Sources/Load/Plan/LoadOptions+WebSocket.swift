import Basis
import Wire

/// What the command line says of WebSocket.
extension LoadOptions {
    private enum Message: String, CaseIterable { case text, binary, time }

    /// The request that opens each connection, and the message that is sent on it.
    static func webSocket(
        _ request: HTTP1.RequestTemplate, _ options: ParsedOptions
    ) throws(Complaint) -> WebSocketRequest {
        if options.has("method") {
            throw Complaint("a WebSocket is opened with GET", remedy: "leave --method out")
        }
        if options.has("subscribe") {
            return try WebSocketRequest(request, use: .subscriptions, kind: .text, message: [])
        }
        let most = Int(WebSocket.Limit.messageBytes)
        let size = try options.bytes("message-size", in: 0...most)
        if size != nil, options.has("body") {
            throw Complaint(
                "--body and --message-size both say what the message is", remedy: "leave one out")
        }
        var message = request.body
        if !options.has("body") {
            message = Array(repeating: UInt8(ascii: "x"), count: size?.raw ?? Limit.messageBytes)
        }
        if message.count > most {
            throw Complaint(
                "--body is larger than the \(ByteCount(raw: most).display) of a message",
                remedy: "give a smaller one")
        }
        let kind = try options.choice("message", of: Message.self) ?? .text
        if kind == .time {
            return try WebSocketRequest(
                request, use: .timedEchoes, kind: .text, message: timed(size?.raw, options))
        }
        return try WebSocketRequest(
            request, kind: kind == .text ? .text : .binary, message: message)
    }

    /// A message of `size` bytes with room for the time at its beginning.
    private static func timed(
        _ size: Int?, _ options: ParsedOptions
    ) throws(Complaint) -> [UInt8] {
        if options.has("body") {
            throw Complaint(
                "--body and --message time both say what the message is", remedy: "leave one out")
        }
        let size = size ?? max(Stamp.digits, Limit.messageBytes)
        guard size >= Stamp.digits else {
            throw Complaint(
                "the time of --message time has \(Stamp.digits) bytes, more than --message-size",
                remedy: "give at least \(Stamp.digits)")
        }
        var message = Array(repeating: UInt8(ascii: "x"), count: size)
        if size > Stamp.digits { message[Stamp.digits] = UInt8(ascii: " ") }
        return message
    }
}
