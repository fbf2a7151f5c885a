import Basis
import Wire

/// What the command line says of WebSocket.
extension LoadOptions {
    private enum Message: String, CaseIterable { case text, binary }

    static func speakWebSocket(
        _ plan: inout LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        plan.streams = try options.count("streams", in: 1...Limit.streams) ?? 1
        if try options.count("pipeline", in: 1...Limit.pipeline) ?? 1 > 1 {
            throw Complaint("WebSocket has no --pipeline", remedy: "take --streams")
        }
        if options.has("method") {
            throw Complaint("a WebSocket is opened with GET", remedy: "leave --method out")
        }
        let most = Int(WebSocket.Limit.messageBytes)
        let size = try options.bytes("message-size", in: 0...most)
        if size != nil, options.has("body") {
            throw Complaint(
                "--body and --message-size both say what the message is", remedy: "leave one out")
        }
        var message = plan.request.body
        if !options.has("body") {
            message = Array(repeating: UInt8(ascii: "x"), count: size?.raw ?? Limit.messageBytes)
        }
        if message.count > most {
            throw Complaint(
                "--body is larger than the \(ByteCount(raw: most).display) of a message",
                remedy: "give a smaller one")
        }
        let kind = try options.choice("message", of: Message.self) ?? .text
        plan.application = .ws(
            try WebSocketRequest(
                plan.request, kind: kind == .text ? .text : .binary, message: message))
    }

    /// Refuses what only WebSocket knows, where something else is to be spoken.
    static func refuseWebSocket(
        _ plan: LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        if plan.url.isWebSocket {
            throw Complaint(
                "a ws:// URL is asked in WebSocket only",
                remedy: "leave --protocol out, or give an http:// URL")
        }
        for name in ["message-size", "message"] where options.has(name) {
            throw Complaint(
                "--\(name) is about WebSocket", remedy: "add --protocol ws, or give a ws:// URL")
        }
    }
}
