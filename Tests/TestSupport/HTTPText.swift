/// Requests as text, to be sent as they are.
package enum HTTPText {
    /// A request without payload.
    package static func get(
        _ target: String, method: String = "GET", version: String = "HTTP/1.1",
        fields: [String] = []
    ) -> String {
        ([
            "\(method) \(target) \(version)", "Host: test",
        ] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// A request whose payload is framed by Content-Length.
    package static func post(
        _ target: String, _ body: String, method: String = "POST", fields: [String] = []
    ) -> String {
        get(target, method: method, fields: fields + ["Content-Length: \(body.utf8.count)"]) + body
    }

    /// A request whose payload is chunked.
    package static func chunked(
        _ target: String, _ chunks: [String], fields: [String] = [], trailers: [String] = []
    ) -> String {
        get(target, method: "POST", fields: fields + ["Transfer-Encoding: chunked"])
            + chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
            + "0\r\n" + trailers.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
