import Basis

/// The machine, its settings and what the run was asked, as the manifest has them.
struct MachineSection {
    let files: RunFiles

    init(_ files: RunFiles) { self.files = files }

    var markup: Markup {
        let print = files.manifest["fingerprint"]
        let groups: [(String, JSONValue?)] = [
            ("What was asked", asked), ("Hardware", print?["hw"]), ("Software", print?["sw"]),
            ("Limits and state at the start", print?["limits"]),
        ]
        let tables = groups.compactMap { group in group.1.flatMap { table(group.0, $0) } }
        if tables.isEmpty {
            return .element("p", [:], "The manifest of this run says nothing about its machine.")
        }
        return identity + .element("div", ["class": "groups"], .joined(tables, by: "\n"))
    }

    private var identity: Markup {
        let print = files.manifest["fingerprint"]
        guard let hardware = print?["hw_id"]?.textValue, let software = print?["sw_id"]?.textValue
        else { return "" }
        return .element(
            "p", ["class": "note"], "Hardware ", .element("code", [:], .text(hardware)),
            ", software ", .element("code", [:], .text(software)),
            ". Figures of different hardware are not compared.")
    }

    /// The request, the settings and the programs of the run as one list.
    private var asked: JSONValue {
        var members: [JSONValue.Member] = []
        for name in ["command_line", "argv"] {
            if let value = files.manifest[name] {
                members.append(JSONValue.Member("command line", value))
            }
        }
        for name in ["request", "settings", "programs"] {
            guard case .object(let found) = files.manifest[name] else { continue }
            members += found.filter { fresh in
                fresh.value != .null
                    && !members.contains { $0.name == fresh.name && $0.value == fresh.value }
            }
        }
        return .object(members)
    }

    private func table(_ title: String, _ value: JSONValue) -> Markup? {
        let facts = Self.flat(value, "")
        if facts.isEmpty { return nil }
        let rows = facts.map { fact in
            Markup.element(
                "tr", [:], .element("th", ["scope": "row"], .text(fact.name)),
                .element(
                    "td", ["class": fact.value == Fingerprint.absent ? "absent" : nil],
                    .text(fact.value == Fingerprint.absent ? "not available" : fact.value)))
        }
        return .element(
            "table", ["class": "properties"], .element("caption", [:], .text(title)),
            .element("tbody", [:], .joined(rows, by: "\n")))
    }

    /// The leaves of a value with their names; a list of plain values is one leaf.
    private static func flat(
        _ value: JSONValue, _ path: String
    ) -> [(name: String, value: String)] {
        switch value {
        case .object(let members):
            return members.flatMap { member in
                let (name, value) = Self.readable(member)
                return flat(value, path.isEmpty ? name : "\(path): \(name)")
            }
        case .array(let values):
            return [(path, values.map(plain).joined(separator: " "))]
        default: return [(path, plain(value))]
        }
    }

    /// A member with its unit in the value instead of the name.
    private static func readable(_ member: JSONValue.Member) -> (name: String, value: JSONValue) {
        var words = member.name.split(separator: "_").map(String.init)
        var value = member.value
        switch (words.last, value) {
        case ("ns", .integer(let raw)):
            words.removeLast()
            value = .string(Nanoseconds(raw: raw).display)
        case ("gib", .string(let text)) where text != Fingerprint.absent:
            words.removeLast()
            value = .string("\(text) GiB")
        default: break
        }
        return (words.joined(separator: " "), value)
    }

    private static func plain(_ value: JSONValue) -> String { value.textValue ?? value.compact }
}
