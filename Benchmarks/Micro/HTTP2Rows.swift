import Basis

/// What server and generator cost over HTTP/2 with prior knowledge, beside h2load, h2o and the bare
/// programs, which walk frames and know no header compression.
///
/// Sixteen connections with 32 requests under way on each are what a batch can gain; one request on
/// one connection is what nothing can be shared of.
enum HTTP2Rows {
    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let wide = Contest(
            .http2(streams: 32), connections: 16, title: "h2c 16 x 32", settings, isQuiet)
        let narrow = Contest(
            .http2(streams: 1), connections: 1, title: "h2c 1 x 1", settings, isQuiet)
        let asked = ServerKind.h2oFile.absence == nil ? ServerKind.h2oFile : .nghttpd
        try wide.checkAnswers(of: .floorHTTP2, in: "http2_server.c")
        return try wide.generators(
            [(.h2load, .atLeast(1.5)), (.floor, .comparison)], against: asked)
            + narrow.generators([(.h2load, .atLeast(1.2))], against: asked)
            + wide.servers([
                (.h2oFile, .atLeast(1.5)), (.h2oRedirect, .atLeast(1)), (.floorHTTP2, .comparison),
                (.nginxHTTP2, .comparison),
            ])
    }
}
