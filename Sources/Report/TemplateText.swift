package import Basis

/// A text with places that each request fills anew, as the kinds of a mix have it.
package struct TemplateText: Equatable, Sendable {
    /// What fills a place.
    package enum Filling: Equatable, Sendable {
        /// `{seq}`, `{seq:1000}`: the number of the request in its run, counted from this.
        case sequence(from: UInt64)
        /// `{rand:1-1000}`: an integer out of these, drawn evenly.
        case random(ClosedRange<UInt64>)
        /// `{uuid}`: a random one (RFC 9562 §5.4).
        case uuid
        /// `{csv:name}`: that column of the mix's table, in the row of the request's number.
        case column(String)
    }

    /// A piece of the text.
    package enum Part: Equatable, Sendable {
        case text(String)
        case place(Filling)
    }

    /// In their order; no two texts are neighbours.
    package private(set) var parts: [Part] = []

    /// Whether every request has the same text.
    package var isConstant: Bool {
        parts.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// The columns that it takes.
    package var columns: [String] {
        parts.compactMap { if case .place(.column(let name)) = $0 { name } else { nil } }
    }

    private static let known = ["seq", "rand", "uuid", "csv"]

    /// Reads a text: what stands in braces like a word is a place, `{{` is a brace, and any other
    /// brace is itself, as in JSON.
    package init(parsing text: String, _ place: FilePlace) throws(Complaint) {
        var constant = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            constant += rest[..<brace]
            rest = rest[rest.index(after: brace)...]
            if rest.first == "{" {
                constant.append("{")
                rest.removeFirst()
            } else if let match = rest.prefixMatch(of: /([A-Za-z][A-Za-z0-9_]*)(?::([^{}]*))?\}/) {
                if !constant.isEmpty { parts.append(.text(constant)) }
                constant = ""
                let filling = Self.filling(match.output.1, match.output.2)
                guard let filling else {
                    throw Self.complaint(match.output.1, match.output.0, place)
                }
                parts.append(.place(filling))
                rest = rest[match.range.upperBound...]
            } else {
                constant.append("{")
            }
        }
        constant += rest
        if !constant.isEmpty { parts.append(.text(constant)) }
    }

    private static func filling(_ name: Substring, _ value: Substring?) -> Filling? {
        switch (name, value) {
        case ("seq", nil): return .sequence(from: 1)
        case ("seq", let value?): return UInt64(value).map { .sequence(from: $0) }
        case ("rand", let value?):
            let ends = value.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let low = UInt64(ends[0]), let high = UInt64(ends[1]),
                low <= high
            else { return nil }
            return .random(low...high)
        case ("uuid", nil): return .uuid
        case ("csv", let value?) where !value.isEmpty: return .column(String(value))
        default: return nil
        }
    }

    private static func complaint(
        _ name: Substring, _ whole: Substring, _ place: FilePlace
    ) -> Complaint {
        let all = "{seq}, {seq:1000}, {rand:1-1000}, {uuid} or {csv:column}"
        if known.contains(String(name)) {
            return place.complaint("{\(whole) is filled by nothing", "write \(all)")
        }
        let near = nearestName(to: String(name), among: known).map { "did you mean {\($0)...}? " }
        return place.complaint(
            "{\(whole) is filled by nothing",
            (near ?? "") + "write \(all), or {{\(whole) for the text itself")
    }
}
