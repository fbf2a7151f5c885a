package import Basis

/// The counters of a thread, or of all threads of a server, as a record has them.
package typealias ReadCounts = ThreadCounts<Int64?>

extension ThreadCounts where Cell == Int64? {
    /// Those that an object has; nil for the others.
    init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init()
        for (index, counter) in Counter.all.enumerated() {
            var owner: RecordFields? = fields
            if let group = counter.group { owner = try fields.optionalFields(group) }
            self[index] = try owner?.optionalInteger(counter.name)
        }
    }

    /// What was counted since `earlier`, also of what counts since the start; nil where either
    /// lacks a counter.
    package func since(_ earlier: Self) -> Self {
        var difference = Self()
        for index in Counter.all.indices {
            guard let now = self[index], let before = earlier[index] else { continue }
            difference[index] = now - before
        }
        return difference
    }
}

extension [WorkerReport] {
    /// All that they have counted; nil for what none of them counts.
    package var counts: ReadCounts {
        reduce(into: ReadCounts()) { sum, worker in
            for index in Counter.all.indices {
                guard let count = worker.counts[index] else { continue }
                sum[index] = (sum[index] ?? 0) + count
            }
        }
    }
}
