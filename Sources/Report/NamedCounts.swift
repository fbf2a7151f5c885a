package import Basis

/// One of the counts of a record: its name in JSON and where it is kept.
package typealias NamedCount<Record> = (
    name: String, path: any WritableKeyPath<Record, Int64> & Sendable
)

/// Counts that are an object of integers in JSON.
package protocol NamedCounts: Sendable {
    /// In the order of the object's members.
    static var counts: [NamedCount<Self>] { get }

    /// Behind them, those that earlier records do not have.
    static var laterCounts: [NamedCount<Self>] { get }

    /// Nothing counted.
    init()
}

extension NamedCounts {
    package static var laterCounts: [NamedCount<Self>] { [] }

    private static var allCounts: [NamedCount<Self>] { counts + laterCounts }

    package var total: Int64 { Self.allCounts.reduce(0) { $0 + self[keyPath: $1.path] } }

    package var json: JSONValue {
        .object(Self.allCounts.map { .init($0.name, .integer(self[keyPath: $0.path])) })
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init()
        for (name, path) in Self.counts { self[keyPath: path] = try fields.integer(name) }
        for (name, path) in Self.laterCounts {
            self[keyPath: path] = try fields.optionalInteger(name) ?? 0
        }
    }
}
