import Basis

/// A spot in a matrix file, for complaints.
struct FilePlace {
    let file: String
    let path: String

    func `in`(_ name: String) -> FilePlace {
        FilePlace(file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func at(_ index: Int) -> FilePlace { FilePlace(file: file, path: "\(path)[\(index)]") }

    func complaint(_ problem: String, _ remedy: String) -> Complaint {
        Complaint("\(file): \(path.isEmpty ? "" : "\(path): ")\(problem)", remedy: remedy)
    }

    /// The members of an object whose names must all be known.
    func members(_ value: JSONValue, known: [String]) throws(Complaint) -> [JSONValue.Member] {
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
}
