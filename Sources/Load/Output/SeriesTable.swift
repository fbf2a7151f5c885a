import Basis
import Measure
import Report

/// What a run did second by second, as `--series` writes it.
struct SeriesTable {
    /// The value of `schema`.
    static let schema = "switchyard.series/1"

    /// An interval, with the number of its stage where there are several.
    typealias Row = (stage: Int?, interval: IntervalRecord)

    let rows: [Row]
    /// Whether answers have codes.
    let hasCodes: Bool

    /// A row an interval; the columns are the same with stages and without.
    var csv: String {
        var table = CSVTable(columns: [
            "stage", "start_s", "length_s", "requests", "rate", "failed", "mean_us", "p50_us",
            "p90_us", "p99_us", "p99_9_us", "max_us", "codes", "histogram",
        ])
        for (stage, interval) in rows {
            let latency = interval.latency
            let times = [latency.p50, latency.p90, latency.p99, latency.p999].map {
                $0.map { fixed($0.inSeconds * 1e6, decimals: 3) } ?? ""
            }
            let some = latency.samples > 0
            table.append(
                [
                    stage.map { "\($0)" } ?? "", fixed(interval.start.inSeconds, decimals: 3),
                    fixed(interval.length.inSeconds, decimals: 3), "\(interval.requests)",
                    fixed(interval.rate, decimals: 3), "\(interval.failed)",
                    some ? fixed(latency.mean / 1e3, decimals: 3) : "",
                ] + times + [
                    some ? fixed(latency.max.inSeconds * 1e6, decimals: 3) : "",
                    hasCodes ? interval.codes.text : "", interval.histogram,
                ])
        }
        return table.text
    }

    var json: String {
        let intervals = rows.map { stage, interval -> JSONValue in
            var members: [JSONValue.Member] = []
            if let stage { members.append(.init("stage", .count(stage))) }
            members += [
                .init("start_s", .seconds(interval.start)),
                .init("length_s", .seconds(interval.length)),
                .init("requests", .integer(Int64(clamping: interval.requests))),
                .init("rate", .number(interval.rate)),
                .init("failed", .integer(Int64(clamping: interval.failed))),
                .init("latency_us", interval.latency.json),
            ]
            if hasCodes { members.append(.init("codes", interval.codes.json)) }
            return .object(members + [.init("histogram", .string(interval.histogram))])
        }
        let object: JSONValue = [
            "schema": .string(Self.schema), "intervals": .array(intervals),
        ]
        return object.pretty
    }

    /// By the name of the file: JSON where it ends like that, else CSV.
    func text(for path: String) -> String {
        path.lowercased().hasSuffix(".json") ? json : csv
    }
}
