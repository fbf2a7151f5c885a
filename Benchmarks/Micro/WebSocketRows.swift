import Basis

/// What server and generator cost over WebSocket, beside the bare programs: the server reads heads
/// of frames, takes the masks off and sends the messages back; the client masks each message anew
/// and counts the bytes of the echo.
enum WebSocketRows {
    /// The shortest message of the other protocols, and the longest whose length is one byte.
    private static let sizes = [13, 125]

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        var rows: [FloorRow] = []
        for bytes in sizes {
            let contest = Contest(
                .webSocket(bytes: bytes), connections: settings.connections,
                title: "WebSocket, \(bytes) bytes", settings, isQuiet)
            try contest.checkAnswers(of: .floorWebSocket, in: "websocket_server.c")
            rows += try contest.generators([(.floor, .comparison)], against: .floorWebSocket)
            rows += try contest.servers([(.floorWebSocket, .atLeast(0.9))])
        }
        return rows
    }
}
