package import Basis
import Report

/// Counters that a deterministic run repeats exactly, held to a committed file: no statistics.
///
/// Such are system calls, wakeups, bytes and allocations a request at one connection and a fixed
/// number of requests, and errors anywhere. Times are never among them: a stored time says as much
/// of the machine as of the code.
package struct ExactBaseline: Equatable, Sendable {
    package static let schema = "switchyard.baseline/1"

    /// One counter of one cell.
    package struct Counter: Equatable, Sendable {
        package let cell: String
        package let metric: String
        package let value: Double

        package init(cell: String, metric: String, value: Double) {
            self.cell = cell
            self.metric = metric
            self.value = value
        }
    }

    /// How one counter stands to the baseline.
    package enum Standing: String, Equatable, Sendable {
        case same, better, worse
        /// The baseline has no such counter.
        case new
        /// It was not measured; its value is the baseline's.
        case missing
    }

    /// A counter that was held to the baseline.
    package struct Finding: Equatable, Sendable {
        package let counter: Counter
        /// Nil where the baseline has none.
        package let was: Double?
        package let standing: Standing

        /// Whether the gate fails by it: no data is not no regression.
        package var isBreach: Bool { standing == .worse || standing == .missing }

        /// One line.
        package var reason: String {
            let name = "\(counter.cell) \(counter.metric)"
            if standing == .missing { return "\(name): not measured" }
            let before = was.map { ", was \(decimalDisplay($0))" } ?? ", new"
            return "\(name): \(decimalDisplay(counter.value))" + before
        }

        /// What a person should know although the gate does not fail by it; nil where there is
        /// nothing.
        package var note: String? {
            switch standing {
            case .better: "better than the baseline: \(reason)"
            case .new: "not in the baseline: \(reason)"
            case .same, .worse, .missing: nil
            }
        }
    }

    /// The share by which a counter may exceed its baseline; never for errors.
    package let tolerance: Double
    package let counters: [Counter]

    package init(tolerance: Double = 0.01, counters: [Counter]) {
        self.tolerance = tolerance
        self.counters = counters
    }

    /// The part of the baseline that speaks of `cells`, by their ids.
    package func narrowed(to cells: some Collection<String>) -> ExactBaseline {
        ExactBaseline(
            tolerance: tolerance, counters: counters.filter { cells.contains($0.cell) })
    }

    /// Every counter of the baseline or of `measured`, the baseline's first.
    package func compare(_ measured: [Counter]) -> [Finding] {
        let known = counters.map { old -> Finding in
            guard let new = measured.first(where: { $0.names(old) }) else {
                return Finding(counter: old, was: old.value, standing: .missing)
            }
            let slack = old.metric.hasPrefix("errors") ? 0 : tolerance
            let standing: Standing =
                new.value > old.value * (1 + slack)
                ? .worse : new.value < old.value * (1 - slack) ? .better : .same
            return Finding(counter: new, was: old.value, standing: standing)
        }
        let fresh = measured.filter { new in !counters.contains { $0.names(new) } }
        return known + fresh.map { Finding(counter: $0, was: nil, standing: .new) }
    }

    package var json: JSONValue {
        let grouped = Dictionary(grouping: counters, by: \.cell).sorted { $0.key < $1.key }
        return [
            "schema": .string(Self.schema), "tolerance": .number(tolerance),
            "cells": .object(
                grouped.map { cell, counters in
                    .init(
                        cell,
                        .object(
                            counters.sorted { $0.metric < $1.metric }.map {
                                .init($0.metric, .number($0.value))
                            }))
                }),
        ]
    }

    package init(parsing text: String, file: String) throws(Complaint) {
        do {
            let value = try JSONValue(parsing: text)
            let fields = try RecordFields(value)
            try fields.require(schema: Self.schema)
            tolerance = try fields.number("tolerance")
            guard (0...1).contains(tolerance) else {
                throw RecordRefusal(path: "tolerance", problem: "is not between 0 and 1")
            }
            let cells = try fields.fields("cells")
            guard case .object(let members)? = value["cells"] else {
                throw RecordRefusal(path: "cells", problem: "is not an object")
            }
            var counters: [Counter] = []
            for cell in members {
                guard case .object(let metrics) = cell.value else { continue }
                let values = try cells.fields(cell.name)
                for metric in metrics {
                    counters.append(
                        Counter(
                            cell: cell.name, metric: metric.name,
                            value: try values.number(metric.name)))
                }
            }
            self.counters = counters
        } catch {
            throw Complaint(
                "\(file) is no baseline: \(error)",
                remedy: "write it anew with 'switchyard gate --write-baseline \(file)'",
                status: .noBaseline)
        }
    }
}

extension ExactBaseline.Counter {
    fileprivate func names(_ other: Self) -> Bool { cell == other.cell && metric == other.metric }
}

extension GateResult {
    /// The result with the counters that were held to a baseline. A breach is a regression whatever
    /// the machine let see of the times, but answers that are wrong come first.
    package func holding(_ counters: [ExactBaseline.Finding]) -> GateResult {
        let breaches = counters.filter(\.isBreach)
        return GateResult(
            verdict: breaches.isEmpty || verdict == .wrong ? verdict : .regression,
            reasons: breaches.map(\.reason) + reasons, findings: findings, control: control,
            lost: lost, reruns: reruns, counters: counters)
    }
}
