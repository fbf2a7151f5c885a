import Basis
import Measure
package import Report

/// The result in the formats of other programs.
package enum Renderings {
    /// One JSON object over several lines.
    package static func json(_ report: LoadReport) -> String { report.json.pretty }

    /// A header and one row: the members of the JSON record, nested names joined by `_`, without
    /// the histograms. Lists are joined by `; `; `codes` is one column such as `200:997 503:3`.
    /// Of a search, a row for each step.
    package static func csv(_ report: LoadReport) -> String {
        if let search = report.search { return search.table.text }
        let (names, values) = columns(report)
        var table = CSVTable(columns: names)
        table.append(values)
        return table.text
    }

    /// The names of the columns and their values.
    static func columns(_ report: LoadReport) -> (names: [String], values: [String]) {
        var names: [String] = []
        var values: [String] = []
        flatten(report.json, as: "", into: &names, &values)
        return (names, values)
    }

    private static func flatten(
        _ value: JSONValue, as name: String, into names: inout [String], _ values: inout [String]
    ) {
        switch value {
        // Which codes there are differs from run to run, and columns don't.
        case .object where name == "codes": values.append(AnswerCodes(value)?.text ?? "")
        case .object(let members):
            for member in members where !member.name.hasSuffix("_histogram") {
                // The columns are the same whether something failed or not.
                let isAbsent = member.name == "first_failure" && member.value == .null
                flatten(
                    isAbsent ? FirstFailure.absent : member.value,
                    as: name.isEmpty ? member.name : "\(name)_\(member.name)",
                    into: &names, &values)
            }
            return
        case .array(let items): values.append(items.map(plain).joined(separator: "; "))
        default: values.append(plain(value))
        }
        names.append(name)
    }

    private static func plain(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .null: ""
        case .object(let members):
            JSONValue.object(members.filter { !$0.name.hasSuffix("_histogram") }).compact
        default: value.compact
        }
    }

    /// The latencies of each second as an HdrHistogram log.
    package static func hlog(_ result: borrowing LoadResult) -> String {
        let began = result.began
        let entries = result.intervals.compactMap { $0.entry(tag: "latency", began: began) }
        return IntervalLog(start: began, entries: entries).text
    }

    /// What each second brought, in the format that the file's name asks for.
    package static func series(_ result: borrowing LoadResult, for path: String) -> String {
        SeriesTable(
            rows: result.intervals.map { (nil, $0) }, hasCodes: result.plan.application.hasCodes
        ).text(for: path)
    }

    /// The latencies by percentile.
    package static func hgrm(_ result: borrowing LoadResult) -> String {
        PercentileText.text(result.tally.response)
    }
}
