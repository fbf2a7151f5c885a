import Basis
import Scrape

/// What a running server counts, for Prometheus: the counters of its threads, each as
/// docs/FORMAT.md has it.
enum ServerMetrics {
    private static let prefix = "switchyard_server"
    /// With more threads than these only roles are told apart: each series is kept for ever.
    private static let threadsAtMost = 64

    /// One series: its labels, and the entries of the threads that it adds up.
    private struct Series {
        let labels: [ExpositionText.Label]
        var threads: [JSONValue]
    }

    /// - Parameter snapshot: as the control socket tells it.
    static func text(of snapshot: JSONValue, _ options: ServerOptions) -> ExpositionText {
        var text = ExpositionText()
        text.begin("\(prefix)_info", .gauge, "what runs: the pattern and the version")
        text.append(
            "\(prefix)_info",
            [
                .init("pattern", options.pattern.rawValue), .init("version", switchyardVersion),
            ], Int64(1))
        var threads: [JSONValue] = []
        if case .array(let all)? = snapshot["workers"] { threads = all }
        let series = series(of: threads)
        text.begin("\(prefix)_threads", .gauge, "threads that serve")
        text.append("\(prefix)_threads", [], Int64(threads.count))
        append(
            "\(prefix)_cpu_seconds_total", "CPU time of each thread", series, isTime: true,
            to: &text
        ) { number($0["cpu_ns"]) }
        append(
            "\(prefix)_context_switches_total", "context switches of each thread", series,
            to: &text
        ) { number($0["voluntary_switches"]) + number($0["involuntary_switches"]) }
        appendCounters(series, to: &text)
        text.begin("\(prefix)_process_cpu_seconds_total", .counter, "CPU time of the server")
        text.append(
            "\(prefix)_process_cpu_seconds_total", [],
            Double(number(snapshot["cpu_ns"])) * 1e-9)
        text.begin(
            "\(prefix)_process_resident_peak_bytes", .gauge, "the most memory that it ever had")
        text.append(
            "\(prefix)_process_resident_peak_bytes", [], number(snapshot["rss_peak_bytes"]))
        return text
    }

    private static func appendCounters(_ series: [Series], to text: inout ExpositionText) {
        for counter in Counter.all where counter.group == nil {
            let isTime = counter.unit == "ns"
            let name = isTime ? "\(counter.name.dropLast(3))_seconds" : counter.name
            append(
                "\(prefix)_\(name)_total", plain(counter.meaning), series, isTime: isTime, to: &text
            ) { number($0[counter.name]) }
        }
        for group in Set(Counter.all.compactMap(\.group)).sorted() {
            let name = "\(prefix)_\(group)_total"
            text.begin(name, .counter, "system calls of each thread, by kind")
            for counter in Counter.all where counter.group == group {
                for one in series {
                    let sum = one.threads.reduce(0) { $0 + number($1[group]?[counter.name]) }
                    text.append(name, one.labels + [.init("call", counter.name)], sum)
                }
            }
        }
    }

    /// A meaning of a table's column, which counts between two readings, of what never stops.
    private static func plain(_ meaning: String) -> String {
        meaning.replacing(" between the two readings", with: "")
            .replacing(" since the start", with: "")
    }

    /// - Parameters:
    ///   - isTime: whether what counts is nanoseconds, which are told in seconds.
    ///   - value: of one thread.
    private static func append(
        _ name: String, _ help: String, _ series: [Series], isTime: Bool = false,
        to text: inout ExpositionText, _ value: (JSONValue) -> Int64
    ) {
        text.begin(name, .counter, help)
        for one in series {
            let sum = one.threads.reduce(0) { $0 + value($1) }
            if isTime {
                text.append(name, one.labels, Double(sum) * 1e-9)
            } else {
                text.append(name, one.labels, sum)
            }
        }
    }

    private static func series(of threads: [JSONValue]) -> [Series] {
        func role(_ thread: JSONValue) -> String {
            if case .string(let role)? = thread["role"] { role } else { "" }
        }
        if threads.count <= threadsAtMost {
            return threads.enumerated().map { index, thread in
                Series(
                    labels: [.init("role", role(thread)), .init("worker", "\(index)")],
                    threads: [thread])
            }
        }
        let byRole = Dictionary(grouping: threads, by: role)
        return byRole.sorted { $0.key < $1.key }.map {
            Series(labels: [.init("role", $0.key)], threads: $0.value)
        }
    }

    private static func number(_ value: JSONValue?) -> Int64 {
        if case .integer(let number)? = value { number } else { 0 }
    }
}
