import Basis
import Measure
import Wire

/// What the command line says of who asks.
extension LoadOptions {
    static let userSpecs: [OptionSpec] = [
        .init(
            "user", short: "u", value: "NAME:PW|@FILE",
            help: "send these by basic authentication")
    ]

    /// The field of basic authentication (RFC 7617). Its words never appear in a message.
    static func userFields(
        _ options: ParsedOptions, beside fields: [HTTP1.RequestTemplate.Field],
        readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) -> [HTTP1.RequestTemplate.Field] {
        guard let text = options.text("user") else { return [] }
        if fields.contains(where: { $0.isNamed("authorization") }) {
            throw Complaint(
                "--user and --header 'Authorization' are given", remedy: "leave one of them out")
        }
        var words = RawText.bytes(text)
        if words.first == UInt8(ascii: "@") {
            words = try readFile(RawText.text(words.dropFirst()))
            // The end of the line that an editor leaves.
            while let last = words.last, last == 10 || last == 13 { words.removeLast() }
        }
        guard words.contains(UInt8(ascii: ":")) else {
            throw Complaint("--user has no colon", remedy: "write it like NAME:PASSWORD")
        }
        if words.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw Complaint(
                "--user holds a control character", remedy: "leave it out (RFC 7617 section 2)")
        }
        return [.init("Authorization", "Basic \(Base64.encode(words))")]
    }
}
