package import Basis

/// Several kinds of requests in one load, each with a weight.
package struct RequestMix: Equatable, Hashable, Sendable {
    /// One kind of request.
    package struct Kind: Equatable, Hashable, Sendable {
        /// As reports call it.
        package var name: String
        /// Its share of the requests is this over the weights of all kinds.
        package var weight: Double
        /// Nil: GET, or POST with a body.
        package var method: String?
        /// Path and query; with headers and body, a `TemplateText`.
        package var path: String
        package var headers: [Header] = []
        package var body: String?

        package init(name: String, weight: Double, path: String) {
            self.name = name
            self.weight = weight
            self.path = path
        }
    }

    /// A field that one kind sends beside those of all.
    package struct Header: Equatable, Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// The named limits of a mix.
    package enum Limit {
        /// Each has a histogram of its own in every thread, of a quarter of a megabyte.
        package static let kinds = 128
        /// The greatest weight: shares are told to a millionth.
        package static let weight = 1e6
        package static let nameCharacters = 40
    }

    /// As cells and reports call it.
    package var name: String
    /// One, or several.
    package var kinds: [Kind]
    /// The file of the table whose columns the kinds take, as CSV with a header.
    package var data: String?

    package init(name: String, kinds: [Kind]) {
        self.name = name
        self.kinds = kinds
    }

    package var totalWeight: Double { kinds.reduce(0) { $0 + $1.weight } }

    /// The part of a cell's id that tells it: the name, and what tells it from others of that name.
    package var idPart: String {
        var told = self
        // Wherever it lies.
        told.data = data.map { namePart(of: $0) }
        return "mix-\(name)-\(StableHash.of(told.json.compact).prefix(6))"
    }

    package var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(name)), .init("kinds", .array(kinds.map(\.json))),
        ]
        if let data { members.append(.init("data", .string(data))) }
        return .object(members)
    }
}

extension RequestMix.Kind {
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(name)), .init("weight", .number(weight)),
            .init("path", .string(path)),
        ]
        if let method { members.append(.init("method", .string(method))) }
        if !headers.isEmpty {
            members.append(
                .init("headers", .object(headers.map { .init($0.name, .string($0.value)) })))
        }
        if let body { members.append(.init("body", .string(body))) }
        return .object(members)
    }
}

// MARK: reading

extension RequestMix {
    /// Reads a file of its own.
    ///
    /// - Parameter file: its path, for complaints.
    package init(parsing text: String, file: String) throws(Complaint) {
        let value: JSONValue
        do throws(JSONRefusal) {
            value = try JSONValue(parsing: text, as: .relaxed)
        } catch {
            throw Complaint("\(file): \(error)", remedy: "mend the mix; it is JSON5")
        }
        try self.init(value, FilePlace(file: file, path: ""))
    }

    /// Reads the object that says it.
    package init(_ value: JSONValue, _ place: FilePlace) throws(Complaint) {
        _ = try place.members(value, known: ["name", "kinds", "data"])
        name = "mix"
        if let given = value["name"] { name = try Self.name(given, place.in("name")) }
        data = try value["data"].map { (value) throws(Complaint) in
            let path = try place.in("data").text(value, example: "users.csv")
            // As the one who wrote the file sees it.
            let folder = path.hasPrefix("/") ? "" : folderPart(of: place.file)
            return folder.isEmpty ? path : "\(folder == "/" ? "" : folder)/\(path)"
        }
        kinds = []
        for (index, entry) in try place.list(value, "kinds").enumerated() {
            let place = place.in("kinds[\(index)]")
            let kind = try Kind(entry, place)
            if kinds.contains(where: { $0.name == kind.name }) {
                throw place.complaint(
                    "a second kind is named '\(kind.name)'", "give each a name of its own")
            }
            let columns = try kind.columns(place)
            if data == nil, let column = columns.first {
                throw place.complaint(
                    "{csv:\(column)} has no table", "give the mix one, such as data: \"users.csv\"")
            }
            kinds.append(kind)
        }
        guard (1...Limit.kinds).contains(kinds.count) else {
            throw place.complaint(
                "\(kinds.count) kinds make no mix",
                "list 1 to \(Limit.kinds) such as kinds: [{weight: 95, path: \"/a\"}, ...]")
        }
    }

    /// What may stand in a cell's id, and so in the name of a file.
    private static func name(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> String {
        guard case .string(let text) = value, text.count <= Limit.nameCharacters,
            text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil
        else {
            throw place.complaint(
                "\(value.compact) is no name for a mix",
                "use up to \(Limit.nameCharacters) letters, digits, dots and dashes")
        }
        return text
    }
}

extension RequestMix.Kind {
    private static let keys = ["name", "weight", "path", "method", "headers", "body"]

    init(_ value: JSONValue, _ place: FilePlace) throws(Complaint) {
        _ = try place.members(value, known: Self.keys)
        guard let weight = value["weight"] else {
            throw place.complaint("has no weight", "give one such as weight: 95")
        }
        guard let path = value["path"] else {
            throw place.complaint("has no path", "give one such as path: \"/work?us=50\"")
        }
        self.weight = try Self.weight(weight, place.in("weight"))
        self.path = try Self.path(path, place.in("path"))
        name =
            try value["name"].map { (value) throws(Complaint) in
                try place.in("name").text(value, example: "short")
            } ?? self.path
        method = try value["method"].map { (value) throws(Complaint) in
            try place.in("method").text(value, example: "POST")
        }
        body = try value["body"].map { (value) throws(Complaint) in
            try place.in("body").text(value, example: "{}")
        }
        if method == "HEAD" {
            // Whose answers have no body, whatever their heads say.
            throw place.in("method").complaint("HEAD can't be mixed with others", "leave it out")
        }
        guard let given = value["headers"] else { return }
        let inner = place.in("headers")
        guard case .object(let members) = given else {
            throw inner.complaint("is not an object", "write {\"Accept\": \"text/plain\", ...}")
        }
        for member in members {
            let text = try inner.in(member.name).text(member.value, example: "text/plain")
            headers.append(RequestMix.Header(name: member.name, value: text))
        }
    }

    /// A path as any, or one that a column of the table is, at least up to its end.
    private static func path(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> String {
        guard case .string(let text) = value, text.hasPrefix("{csv:") else {
            return try place.target(value)
        }
        _ = try place.target(.string("/" + text))
        return text
    }

    /// The columns of the mix's table that it takes; each text is read as a template.
    func columns(_ place: FilePlace) throws(Complaint) -> [String] {
        var columns = try TemplateText(parsing: path, place.in("path")).columns
        for header in headers {
            let place = place.in("headers").in(header.name)
            let text = try TemplateText(parsing: header.value, place)
            if header.name.lowercased() == "host", !text.isConstant {
                throw place.complaint("is the same for all requests", "write it without places")
            }
            columns += text.columns
        }
        if let body { columns += try TemplateText(parsing: body, place.in("body")).columns }
        return columns
    }

    private static func weight(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Double {
        var weight: Double?
        if case .integer(let number) = value { weight = Double(number) }
        if case .number(let number) = value { weight = number }
        guard let weight, weight > 0, weight <= RequestMix.Limit.weight else {
            throw place.complaint(
                "\(value.compact) is no weight", "give a number above 0, such as 95 or 0.5")
        }
        return weight
    }
}
