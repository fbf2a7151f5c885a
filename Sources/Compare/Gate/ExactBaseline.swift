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
    package enum Standing: Equatable, Sendable {
        case same, better
        case worse(was: Double)
        /// The baseline has no such counter.
        case new
        /// The run lacks a counter of the baseline.
        case missing
    }

    /// The share by which a counter may exceed its baseline; never for errors.
    package let tolerance: Double
    package let counters: [Counter]

    package init(tolerance: Double = 0.01, counters: [Counter]) {
        self.tolerance = tolerance
        self.counters = counters
    }

    /// Every counter of the baseline or of `measured` with its standing, the baseline's first.
    package func compare(_ measured: [Counter]) -> [(counter: Counter, standing: Standing)] {
        let known = counters.map { old -> (counter: Counter, standing: Standing) in
            guard let new = measured.first(where: { $0.names(old) }) else { return (old, .missing) }
            let slack = old.metric.hasPrefix("errors") ? 0 : tolerance
            if new.value > old.value * (1 + slack) { return (new, .worse(was: old.value)) }
            return (new, new.value < old.value * (1 - slack) ? .better : .same)
        }
        let fresh = measured.filter { new in !counters.contains { $0.names(new) } }
        return known + fresh.map { ($0, .new) }
    }

    /// The verdict with a line for each counter that fails. A counter that was not measured fails:
    /// no data is not no regression.
    package func verdict(_ measured: [Counter]) -> (verdict: Verdict, reasons: [String]) {
        let reasons = compare(measured).compactMap { counter, standing -> String? in
            let name = "\(counter.cell) \(counter.metric)"
            switch standing {
            case .worse(let was):
                return "\(name): \(decimalDisplay(counter.value)), was \(decimalDisplay(was))"
            case .missing: return "\(name): not measured"
            case .same, .better, .new: return nil
            }
        }
        return (reasons.isEmpty ? .pass : .regression, reasons)
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
            let schema = try fields.text("schema")
            guard schema == Self.schema else {
                throw RecordRefusal(path: "schema", problem: "is '\(schema)', not \(Self.schema)")
            }
            tolerance = try fields.number("tolerance")
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
                remedy: "write it anew with 'switchyard gate --write-baseline'", status: .noBaseline
            )
        }
    }
}

extension ExactBaseline.Counter {
    fileprivate func names(_ other: Self) -> Bool { cell == other.cell && metric == other.metric }
}
