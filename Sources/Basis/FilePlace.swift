/// A spot in a file of JSON5 that a person has written, for complaints.
package struct FilePlace: Sendable {
    package let file: String
    /// Keys and positions from the outside in; empty for the whole file.
    package let path: String

    package init(file: String, path: String) {
        self.file = file
        self.path = path
    }

    package func `in`(_ name: String) -> FilePlace {
        FilePlace(file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }

    package func at(_ index: Int) -> FilePlace { FilePlace(file: file, path: "\(path)[\(index)]") }

    package func complaint(_ problem: String, _ remedy: String) -> Complaint {
        Complaint("\(file): \(path.isEmpty ? "" : "\(path): ")\(problem)", remedy: remedy)
    }

    /// The members of an object whose names must all be known.
    package func members(_ value: JSONValue, known: [String]) throws(Complaint) -> [JSONValue
        .Member]
    {
        guard case .object(let members) = value else {
            throw complaint("is not an object", "write {key: value, ...}")
        }
        for member in members where !known.contains(member.name) {
            let near = nearestName(to: member.name, among: known)
            throw complaint(
                "unknown key '\(member.name)'",
                near.map { "did you mean '\($0)'?" }
                    ?? "choose from \(known.joined(separator: ", "))")
        }
        return members
    }

    /// The elements of a list that may be absent.
    package func list(_ value: JSONValue, _ name: String) throws(Complaint) -> [JSONValue] {
        guard let member = value[name] else { return [] }
        guard case .array(let elements) = member else {
            throw self.in(name).complaint("is not a list", "write [..., ...]")
        }
        return elements
    }

    /// A text that is not empty.
    ///
    /// - Parameter example: one, for complaints.
    package func text(_ value: JSONValue, example: String) throws(Complaint) -> String {
        guard case .string(let text) = value, !text.isEmpty else {
            throw complaint("\(value.compact) is not a text", "write one such as \"\(example)\"")
        }
        return text
    }

    /// Path and query of a URL.
    package func target(_ value: JSONValue) throws(Complaint) -> String {
        let text = try text(value, example: "/work?us=50")
        guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw complaint("'\(text)' is no path", "write one such as \"/work?us=50\"")
        }
        return text
    }
}
