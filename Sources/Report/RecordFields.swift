package import Basis
import Measure

/// Typed access to the members of one JSON object, with refusals that name the member.
///
/// Members that are not asked for are ignored: a record may grow. A member that is absent and one
/// that is null mean the same.
package struct RecordFields: Sendable {
    private let value: JSONValue
    private let path: String

    package init(_ value: JSONValue, path: String = "") throws(RecordRefusal) {
        guard case .object = value else {
            throw RecordRefusal(path: path, problem: "is not an object")
        }
        self.value = value
        self.path = path
    }

    /// Refuses a record of another schema than `wanted`.
    package func require(schema wanted: String) throws(RecordRefusal) {
        let schema = try text("schema")
        guard schema == wanted else {
            throw refusal("schema", "is '\(schema)', not \(wanted)")
        }
    }

    private func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private func refusal(_ name: String, _ problem: String) -> RecordRefusal {
        RecordRefusal(path: path(of: name), problem: problem)
    }

    private func member(_ name: String) -> JSONValue? {
        guard let value = value[name], value != .null else { return nil }
        return value
    }

    private func required<Value>(
        _ name: String, _ value: Value?, problem: String = "is missing"
    ) throws(RecordRefusal) -> Value {
        guard let value else { throw refusal(name, problem) }
        return value
    }

    /// Refuses members that are none of `names`, for a file that a person writes: a misspelt one
    /// would be ignored.
    package func only(_ names: [String]) throws(RecordRefusal) {
        guard case .object(let members) = value,
            let stray = members.first(where: { !names.contains($0.name) })
        else { return }
        let near = nearestName(to: stray.name, among: names).map { ": did you mean '\($0)'?" }
        throw refusal(
            stray.name, "is unknown" + (near ?? ": choose from \(names.joined(separator: ", "))"))
    }

    /// A mix of requests, as a person may write it, too.
    package func mix(_ name: String) throws(RecordRefusal) -> RequestMix? {
        guard let value = member(name) else { return nil }
        do throws(Complaint) {
            return try RequestMix(value, FilePlace(file: "", path: ""))
        } catch {
            throw refusal(name, "is no mix\(error.problem)")
        }
    }

    /// Even where nothing is said.
    func skew(_ name: String) throws(RecordRefusal) -> Skew {
        guard let text = try optionalText(name) else { return .even }
        guard let skew = Skew(parsing: text) else { throw refusal(name, "'\(text)' is unknown") }
        return skew
    }

    func slowPeers(_ name: String) throws(RecordRefusal) -> SlowPeers? {
        guard let text = try optionalText(name) else { return nil }
        guard let peers = SlowPeers(parsing: text) else {
            throw refusal(name, "'\(text)' says not how many of what")
        }
        return peers
    }

    package func optionalText(_ name: String) throws(RecordRefusal) -> String? {
        guard let value = member(name) else { return nil }
        guard case .string(let text) = value else { throw refusal(name, "is not a text") }
        return text
    }

    package func optionalInteger(_ name: String) throws(RecordRefusal) -> Int64? {
        guard let value = member(name) else { return nil }
        guard case .integer(let number) = value else { throw refusal(name, "is not an integer") }
        return number
    }

    package func optionalNumber(_ name: String) throws(RecordRefusal) -> Double? {
        switch member(name) {
        case nil: return nil
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw refusal(name, "is not a number")
        }
    }

    package func optionalFlag(_ name: String) throws(RecordRefusal) -> Bool? {
        guard let value = member(name) else { return nil }
        guard case .bool(let flag) = value else { throw refusal(name, "is neither true nor false") }
        return flag
    }

    package func optionalFields(_ name: String) throws(RecordRefusal) -> RecordFields? {
        guard let value = member(name) else { return nil }
        return try RecordFields(value, path: path(of: name))
    }

    /// A distribution; one without samples when the member is absent.
    func latencies(_ name: String) throws(RecordRefusal) -> LatencySummary {
        guard let fields = try optionalFields(name) else { return LatencySummary() }
        return try LatencySummary(fields)
    }

    /// An object of counts by code; empty when the member is absent.
    func codes(_ name: String) throws(RecordRefusal) -> AnswerCodes {
        guard let value = member(name) else { return AnswerCodes() }
        return try required(
            name, AnswerCodes(value), problem: "is no object of counts by code")
    }

    /// The elements of an array; none when the member is absent.
    package func list(_ name: String) throws(RecordRefusal) -> [JSONValue] {
        guard let value = member(name) else { return [] }
        guard case .array(let elements) = value else { throw refusal(name, "is not a list") }
        return elements
    }

    package func texts(_ name: String) throws(RecordRefusal) -> [String] {
        var texts: [String] = []
        for element in try list(name) {
            guard case .string(let text) = element else {
                throw refusal(name, "holds something else than texts")
            }
            texts.append(text)
        }
        return texts
    }

    /// The numbers of an array, nil where it has null.
    package func optionalNumbers(_ name: String) throws(RecordRefusal) -> [Double?] {
        var numbers: [Double?] = []
        for element in try list(name) {
            switch element {
            case .null: numbers.append(nil)
            case .integer(let number): numbers.append(Double(number))
            case .number(let number): numbers.append(number)
            default: throw refusal(name, "holds something else than numbers")
            }
        }
        return numbers
    }

    /// The integers of an array; none when the member is absent.
    package func integers(_ name: String) throws(RecordRefusal) -> [Int64] {
        var integers: [Int64] = []
        for element in try list(name) {
            guard case .integer(let number) = element else {
                throw refusal(name, "holds something else than integers")
            }
            integers.append(number)
        }
        return integers
    }

    /// The objects of an array; none when the member is absent.
    package func objects(_ name: String) throws(RecordRefusal) -> [RecordFields] {
        var objects: [RecordFields] = []
        for (index, element) in try list(name).enumerated() {
            objects.append(try RecordFields(element, path: "\(path(of: name))[\(index)]"))
        }
        return objects
    }

    package func text(_ name: String) throws(RecordRefusal) -> String {
        try required(name, try optionalText(name))
    }

    package func integer(_ name: String) throws(RecordRefusal) -> Int64 {
        try required(name, try optionalInteger(name))
    }

    /// An integer that counts something and so is not negative.
    package func count(_ name: String) throws(RecordRefusal) -> Int {
        let value = try integer(name)
        guard value >= 0, let count = Int(exactly: value) else {
            throw refusal(name, "is negative")
        }
        return count
    }

    package func number(_ name: String) throws(RecordRefusal) -> Double {
        try required(name, try optionalNumber(name))
    }

    package func flag(_ name: String) throws(RecordRefusal) -> Bool {
        try required(name, try optionalFlag(name))
    }

    package func fields(_ name: String) throws(RecordRefusal) -> RecordFields {
        try required(name, try optionalFields(name))
    }

    /// One of an enumeration's raw values.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(RecordRefusal) -> Choice where Choice.RawValue == String {
        let text = try text(name)
        guard let value = Choice(rawValue: text) else {
            throw refusal(name, "'\(text)' is unknown")
        }
        return value
    }

    /// The same, where the member may be missing.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default usual: Choice
    ) throws(RecordRefusal) -> Choice where Choice.RawValue == String {
        try optionalText(name) == nil ? usual : choice(name, of: Choice.self)
    }

    /// A span that the record writes in seconds.
    package func seconds(_ name: String) throws(RecordRefusal) -> Nanoseconds {
        try span(name, nanosecondsPerUnit: 1e9)
    }

    /// A span that the record writes in microseconds.
    package func microseconds(_ name: String) throws(RecordRefusal) -> Nanoseconds {
        try span(name, nanosecondsPerUnit: 1e3)
    }

    package func optionalMicroseconds(_ name: String) throws(RecordRefusal) -> Nanoseconds? {
        member(name) == nil ? nil : try microseconds(name)
    }

    private func span(_ name: String, nanosecondsPerUnit: Double) throws(RecordRefusal)
        -> Nanoseconds
    {
        let raw = (try number(name) * nanosecondsPerUnit).rounded()
        guard raw.magnitude < 9.2e18 else { throw refusal(name, "is too long a time") }
        return Nanoseconds(raw: Int64(raw))
    }
}

extension JSONValue {
    /// Null for nil, so that an absent figure stays visible in a record.
    package static func optional(_ value: Int64?) -> JSONValue {
        value.map { .integer($0) } ?? .null
    }
    package static func optional(_ value: Double?) -> JSONValue {
        value.map { .number($0) } ?? .null
    }
    package static func optional(_ value: String?) -> JSONValue {
        value.map { .string($0) } ?? .null
    }

    package static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }
    package static func seconds(_ span: Nanoseconds) -> JSONValue { .number(span.inSeconds) }
    /// Keeps whole nanoseconds: they are decimals of the microsecond.
    package static func microseconds(_ span: Nanoseconds) -> JSONValue {
        .number(span.inMicroseconds)
    }
    package static func microseconds(_ span: Nanoseconds?) -> JSONValue {
        span.map { .microseconds($0) } ?? .null
    }
}
