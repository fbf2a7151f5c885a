package import Basis

/// The cells of a run in the Bencher Metric Format: an object of benchmarks, each an object of
/// measures with `value`, `lower_value` and `upper_value` (bencher.dev, "Bencher Metric Format").
///
/// Only cells whose verdict is valid: what reads this raises alarms.
package enum ExportBencher {
    static let metrics: [Metric] = [.rps, .p50, .p99, .serverCPU, .serverSyscalls]

    package static func json(_ files: RunFiles) -> JSONValue {
        .object(
            ExportedCell.all(files).map { cell in
                JSONValue.Member(
                    cell.id,
                    .object(
                        cell.figures(metrics).map { figure in
                            var members = [JSONValue.Member("value", figure.median)]
                            if let interval = figure.interval {
                                members.append(JSONValue.Member("lower_value", interval.low))
                                members.append(JSONValue.Member("upper_value", interval.high))
                            }
                            return JSONValue.Member(figure.metric.name, .object(members))
                        }))
            })
    }
}
