import Basis

/// What server and generator cost over TLS 1.3, on connections that stay and in full handshakes,
/// beside nginx, wrk, openssl s_time and the bare programs, which give the same library the bytes
/// of one receive and send what it makes at once.
///
/// Nearly all of a handshake is the library's; what it costs besides is opening and ending.
enum TLSRows {
    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let staying = Contest(
            .tls(churns: false), connections: settings.connections, title: "TLS keep-alive",
            settings, isQuiet)
        let onNginx = Contest(
            .tls(churns: false), connections: settings.connections,
            title: "TLS keep-alive on nginx", settings, isQuiet)
        let churning = Contest(
            .tls(churns: true), connections: settings.connections, title: "TLS full handshakes",
            settings, isQuiet)
        let bytes = try staying.checkAnswers(of: .floorTLS, in: "http1_server.c")
        let nginx = ServerKind.nginxTLS(responseBytes: bytes)
        return try staying.generators(
            [(.wrk, .atLeast(1.3)), (.floor, .atLeast(0.95))], against: .switchyardTLS)
            + onNginx.generators([(.wrk, .atLeast(1.1))], against: nginx)
            + staying.servers([(nginx, .atLeast(1.05)), (.floorTLS, .atLeast(0.93))])
            + churning.generators(
                [(.floor, .atLeast(0.95)), (.opensslTime, .atLeast(1.8))], against: .switchyardTLS)
            + churning.servers([(nginx, .atLeast(1)), (.floorTLS, .comparison)])
            + MemoryRows.measureTLS(settings, beside: nginx, isQuiet)
    }
}
