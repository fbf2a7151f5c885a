/// What is known of one counter of a server's threads, wherever it is written or read.
package struct Counter: Equatable, Sendable {
    /// Over what its column in `workers.csv` counts.
    package enum Span: Sendable { case sinceStart, betweenReadings }

    /// The object that holds its member in a thread's entry; nil where it is the entry itself.
    package let group: String?
    /// The member in the lines of a server and in the journal.
    package let name: String
    /// The column of `workers.csv`.
    package let column: String
    package let unit: String
    /// One sentence without a full stop, as in docs/FORMAT.md.
    package let meaning: String
    package let span: Span
    /// Whether the HTML report has a column of it, a request.
    package let isReported: Bool

    /// Every counter, in the order in which `ThreadCounts` declares them.
    package static let all = ThreadCounts<Counter>().cells
}

/// What a table of counters holds of each: the count itself, or the `Counter` that describes it.
package protocol CounterCell: Equatable, Sendable {
    init(_ counter: Counter)
}

extension CounterCell {
    @inline(always)
    init(
        _ name: String, _ meaning: String, in group: String? = nil, column: String? = nil,
        unit: String = "1", _ span: Counter.Span = .betweenReadings, isReported: Bool = true
    ) {
        self.init(
            Counter(
                group: group, name: name, column: column ?? name, unit: unit, meaning: meaning,
                span: span, isReported: isReported))
    }
}

extension Counter: CounterCell {
    package init(_ counter: Counter) { self = counter }
}

extension UInt64: CounterCell {
    package init(_ counter: Counter) { self = 0 }
}

/// A count that was read; nil where the server has no such counter, being older.
extension Int64?: CounterCell {
    package init(_ counter: Counter) { self = nil }
}
