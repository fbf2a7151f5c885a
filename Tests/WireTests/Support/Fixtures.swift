import Testing

/// A named text that is sent as it stands, line ends written out.
struct Sample: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    init(_ name: String, _ text: String) {
        self.name = name
        bytes = Array(text.utf8)
    }

    init(_ name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    var testDescription: String { name }
}

/// A request on one line: what follows the version, with a Host.
func get(_ fields: String, version: String = "HTTP/1.1") -> String {
    "GET / \(version)\r\nHost: a\r\n\(fields)\r\n"
}

func post(_ fields: String, _ body: String = "") -> String {
    "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
}
