package import Basis
import Report

/// Which columns of a table are compared, and how its rows are told apart.
package struct TableRequest: Equatable, Sendable {
    /// The columns that name a cell together; empty for tables of `switchyard run`.
    package var keys: [String] = []
    /// Empty for all known metrics that the table has.
    package var metrics: [ComparedMetric] = []
    /// The column whose value a base row shares with the candidate row measured beside it.
    package var pairBy: String?

    package init() {}

    /// Reads `COL[,COL]`. A name stands in quotes, with quotes inside doubled, where it holds a
    /// comma or a quote.
    package static func keys(_ text: String) throws(Complaint) -> [String] {
        var names: [String] = []
        var rest = Substring(text)
        while true {
            let name: String
            if let quoted = try quoted(rest, option: "--key \(text)") {
                (name, rest) = quoted
                guard rest.isEmpty || rest.first == "," else {
                    throw Complaint(
                        "--key \(text) has text behind a quote",
                        remedy: "separate columns by commas, and double a quote in a name")
                }
            } else {
                name = String(rest.prefix { $0 != "," })
                rest = rest.dropFirst(name.count)
            }
            if name.isEmpty {
                throw Complaint(
                    "--key '\(text)' has a name that is empty",
                    remedy: "give COL or COL,COL; a name with a comma stands in quotes")
            }
            names.append(name)
            if rest.isEmpty { break }
            rest = rest.dropFirst()
        }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw Complaint("--key names '\(names[twice])' twice", remedy: "name it once")
        }
        return names
    }

    /// Reads a column's name, which may stand in quotes.
    package static func column(_ text: String, option: String) throws(Complaint) -> String {
        guard let (name, rest) = try quoted(Substring(text), option: option) else { return text }
        guard rest.isEmpty, !name.isEmpty else {
            throw Complaint("\(option) '\(text)' is no name", remedy: "give one column")
        }
        return name
    }

    /// Reads `COL`, `COL:lower` or `COL:higher`, saying which way is better. What stands behind the
    /// last colon is the way, so that other colons belong to the name; a name in quotes may end
    /// like one.
    package static func metric(_ text: String) throws(Complaint) -> ComparedMetric {
        var name = text
        var way: Substring?
        if let (quoted, rest) = try quoted(Substring(text), option: "--metric") {
            name = quoted
            way = rest.isEmpty ? nil : rest.first == ":" ? rest.dropFirst() : ""
        } else if let colon = text.lastIndex(of: ":") {
            name = String(text[..<colon])
            way = text[text.index(after: colon)...]
        }
        if name.isEmpty {
            throw Complaint("--metric '\(text)' names no column", remedy: "give COL:lower")
        }
        let known = ComparedMetric.known(name)
        guard let way else {
            if let known { return known }
            throw Complaint(
                "--metric \(text) does not say which way is better",
                remedy: "give \(text):lower or \(text):higher")
        }
        guard let better = Direction(rawValue: String(way)) else {
            throw Complaint(
                "--metric '\(text)' is not COL:lower or COL:higher",
                remedy: "name a column and which way is better")
        }
        return ComparedMetric(
            name: name, unit: known?.unit ?? "", better: better, tier: known?.tier ?? .paired)
    }

    /// The name in quotes that `text` begins with, and what follows it; nil when it begins
    /// otherwise. Quotes inside are doubled, as in a field of comma-separated values (RFC 4180).
    private static func quoted(
        _ text: Substring, option: String
    ) throws(Complaint) -> (name: String, rest: Substring)? {
        guard text.first == "\"" else { return nil }
        var name = ""
        var rest = text.dropFirst()
        while let end = rest.firstIndex(of: "\"") {
            name += rest[..<end]
            rest = rest[rest.index(after: end)...]
            guard rest.first == "\"" else { return (name, rest) }
            name += "\""
            rest = rest.dropFirst()
        }
        throw Complaint(
            "\(option) has a quote that is not closed", remedy: "close it, or double it in a name")
    }
}
