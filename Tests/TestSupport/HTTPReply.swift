/// One reply as it came over the wire, read by a reader that shares no code with the program.
package struct HTTPReply: Equatable, CustomStringConvertible {
    package var status = 0
    package var fields: [Field] = []
    package var body: [UInt8] = []

    package struct Field: Equatable {
        package let name: String
        package let value: String
    }

    /// The value of the first field of this name; names compare as lower case.
    package subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package var description: String {
        "\(status) \(fields.map { "\($0.name): \($0.value)" }) \(body.count) bytes: "
            + String(text.prefix(80))
    }

    /// Reads the head, which ends in an empty line.
    package init(head: ArraySlice<UInt8>) throws {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", words[1].count == 3,
            let code = Int(words[1])
        else { throw TestFailure("not a status line: \(lines.first ?? "")") }
        status = code
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else {
                throw TestFailure("not a field line: \(line)")
            }
            fields.append(
                Field(
                    name: String(line[..<colon]),
                    value: line[line.index(after: colon)...].trimmingPrefix(" ").description))
        }
    }

    /// Whether the head promises no payload whatever its fields say.
    var isBodyless: Bool { status < 200 || status == 204 || status == 304 }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
