/// A piece of an HTML document. Text enters it only through `text(_:)`, which escapes it, so that a
/// name or a reason from a file can never become an element.
///
/// What is written is also well-formed XML, apart from the content of `style` and `script`.
package struct Markup: Equatable, Sendable {
    package let html: String

    private init(html: String) { self.html = html }

    /// Text as content: `<`, `>`, `&` and quotes escaped, and what HTML forbids (control characters
    /// but for tab and line feed, and noncharacters) shown as U+FFFD.
    package static func text(_ text: String) -> Markup { Markup(html: escaped(text)) }

    /// Content that is part of the program: a style sheet, a script.
    static func verbatim(_ text: StaticString) -> Markup { Markup(html: text.description) }

    /// - Parameter attributes: in the order they are written; those that are nil are left out, and
    ///   the values are escaped.
    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        _ content: [Markup]
    ) -> Markup {
        var html = opening(name, attributes) + ">"
        for part in content { html += part.html }
        return Markup(html: html + "</\(name)>")
    }

    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
        _ content: Markup...
    ) -> Markup { element(name, attributes, content) }

    /// An element that has no content by the HTML standard, section 13.1.2: `meta`, `wbr`.
    static func void(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:]
    ) -> Markup { Markup(html: opening(name, attributes) + " />") }

    /// A drawing whose texts and attributes are escaped as here.
    static func drawing(_ drawing: Drawing) -> Markup { Markup(html: drawing.svg) }

    static func joined(_ parts: [Markup], by separator: Markup = "") -> Markup {
        Markup(html: parts.map(\.html).joined(separator: separator.html))
    }

    static func + (a: Markup, b: Markup) -> Markup { Markup(html: a.html + b.html) }

    private static func opening(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>
    ) -> String {
        var html = "<\(name)"
        for case (let name, let value?) in attributes {
            html += " \(name)=\"\(escaped(value))\""
        }
        return html
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\t", "\n": escaped.unicodeScalars.append(scalar)
            case _ where isForbidden(scalar): escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// HTML standard, section 13.2.3.5, and XML 1.0, section 2.2.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.properties.isNoncharacterCodePoint
    }
}

extension Markup: ExpressibleByStringInterpolation {
    /// Text of the program, escaped like any other.
    package init(stringLiteral value: String) { self = .text(value) }
}
