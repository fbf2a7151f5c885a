package import Basis
import Measure
import Report

/// A gate's result in the forms that people and CI systems read.
package struct GateReport: Sendable {
    package static let schema = "switchyard.verdict/1"
    private enum Limit {
        /// GitHub shows ten annotations of a step.
        static let annotations = 10
        /// GitHub takes comments of 65 536 characters.
        static let tableBytes = 25_000
    }

    package let result: GateResult
    /// What base and candidate are: commits, folders or commands.
    package let base: String
    package let candidate: String
    package let seed: UInt64
    /// The command that runs the same gate again.
    package let repro: String
    package let isStrict: Bool

    package init(
        _ result: GateResult, base: String, candidate: String, seed: UInt64, repro: String,
        isStrict: Bool
    ) {
        self.result = result
        self.base = base
        self.candidate = candidate
        self.seed = seed
        self.repro = repro
        self.isStrict = isStrict
    }

    package var status: ExitStatus { result.verdict.status(strict: isStrict) }

    /// The last line of output: `VERDICT: REGRESSION 2 of 12 (worst h1/single cpu +8.1%
    /// [+5.9, +10.4])`.
    package var line: String {
        let hits = result.findings.filter { $0.verdict == result.verdict }
        let breaches = result.counters.filter(\.isBreach)
        var line = "VERDICT: \(result.verdict.rawValue)"
        if result.verdict == .regression, let first = breaches.first {
            line += " \(breaches.count) of \(result.counters.count) counters (\(first.reason))"
            if !hits.isEmpty { line += " and" }
        }
        if result.verdict == .regression, hits.isEmpty { return line }
        if result.verdict == .regression || result.verdict == .inconclusive {
            line += " \(hits.count) of \(result.findings.count)"
        }
        let worst = hits.filter { $0.change != nil }.max { worsening($0) < worsening($1) }
        if result.verdict == .regression, let worst, let change = worst.change {
            line += " (worst \(worst.cell) \(worst.metric.name)"
            line += " \(change.text(in: worst.metric))"
            if let low = change.interval.low, let high = change.interval.high {
                line += " [\(change.text(low, in: worst.metric)),"
                line += " \(change.text(high, in: worst.metric))]"
            }
            line += ")"
        } else if let first = result.reasons.first, result.verdict != .pass {
            line += " (\(first))"
        }
        return line
    }

    private func worsening(_ finding: GateFinding) -> Double {
        finding.change?.worsening(finding.metric) ?? 0
    }

    // MARK: verdict.json

    package var json: JSONValue {
        [
            "schema": .string(Self.schema), "verdict": .string(result.verdict.rawValue),
            "exit": .integer(Int64(status.rawValue)), "line": .string(line),
            "reasons": .array(result.reasons.map { .string($0) }), "base": .string(base),
            "candidate": .string(candidate), "seed": .string("\(seed)"), "repro": .string(repro),
            "reruns": .count(result.reruns), "cells": .array(result.findings.map(json)),
            "null": .array(
                result.control.map {
                    [
                        "metric": .string($0.metric), "pairs": .count($0.pairs),
                        "ratio": .number($0.ratio), "p": .number($0.p),
                        "broken": .bool($0.isBroken),
                    ]
                }),
            "counters": .array(
                result.counters.map {
                    [
                        "cell": .string($0.counter.cell), "metric": .string($0.counter.metric),
                        "value": $0.standing == .missing ? .null : .number($0.counter.value),
                        "baseline": .optional($0.was),
                        "standing": .string($0.standing.rawValue),
                    ]
                }),
            "lost_pairs": .array(
                result.lost.map {
                    [
                        "pair": .count($0.request.serial),
                        "stage": .string($0.request.stage.rawValue), "reason": .string($0.reason),
                    ]
                }),
        ]
    }

    private func json(_ finding: GateFinding) -> JSONValue {
        let bootstrap = Bootstrap.medianInterval(
            of: finding.worsenings, confidence: Change.confidence, seed: seed)
        return [
            "cell": .string(finding.cell), "metric": .string(finding.metric.name),
            "verdict": .string(finding.verdict.rawValue),
            "stage": .string(finding.stage.rawValue), "reason": .string(finding.reason),
            "change": finding.change?.json ?? .null, "p_holm": .optional(finding.pAdjusted),
            "sigma": .optional(finding.sigma),
            "mde": .optional(finding.minimumDetectableEffect),
            "log_worsenings": .array(finding.worsenings.map { .number($0) }),
            "bootstrap": [.optional(bootstrap.low), .optional(bootstrap.high)],
        ]
    }

    // MARK: Markdown

    /// For a pull request.
    package var markdown: String {
        var text = "## \(title)\n\n"
        text += "Base `\(code(base))`, candidate `\(code(candidate))`, seed \(seed).\n\n"
        for reason in result.reasons { text += "- \(Markdown.escaped(reason))\n" }
        let hits = result.findings.filter { $0.verdict == .regression }
        if !hits.isEmpty { text += "\n" + table(hits) }
        let breaches = result.counters.filter(\.isBreach)
        if !breaches.isEmpty { text += "\n" + table(breaches) }
        if !result.findings.isEmpty {
            text +=
                "\n"
                + Markdown.folded(
                    "All \(result.findings.count) metrics", table(result.findings))
        }
        let controls = result.control.map {
            "base against base, \($0.metric): \(signedPercent($0.ratio)),"
                + " \(pText($0.p))"
        }
        for control in controls { text += "\n" + Markdown.escaped(control) + "  " }
        return text + "\n\nAgain: `\(code(repro))`\n"
    }

    private var title: String {
        switch result.verdict {
        case .pass: "✅ No regression"
        case .regression: "❌ Regression"
        case .inconclusive: "❔ Inconclusive"
        case .invalid: "⚠️ Invalid measurement"
        case .wrong: "❌ Wrong answers"
        }
    }

    private func code(_ text: String) -> String { printable(text).replacing("`", with: "'") }

    private func table(_ findings: [GateFinding]) -> String {
        let lines = findings.map { finding in
            Markdown.row([
                finding.cell, finding.metric.title,
                finding.change?.text(in: finding.metric) ?? "",
                finding.change?.intervalText(in: finding.metric) ?? "",
                finding.change.map { "\($0.baseCount)" } ?? "",
                finding.pAdjusted.map { String(pText($0).dropFirst(2)) } ?? "",
                finding.minimumDetectableEffect.map { fixed($0 * 100, decimals: 1) + "%" } ?? "",
                finding.verdict.rawValue,
            ])
        }
        let titles = [
            "cell", "metric", "change", "99% interval", "pairs", "p (Holm)", "detectable",
            "verdict",
        ]
        return Markdown.heading(titles, right: [2, 3, 4, 5, 6])
            + Markdown.cut(lines, bytes: Limit.tableBytes)
    }

    private func table(_ counters: [ExactBaseline.Finding]) -> String {
        let lines = counters.map { finding in
            Markdown.row([
                finding.counter.cell, finding.counter.metric,
                finding.was.map { decimalDisplay($0) } ?? "",
                finding.standing == .missing ? "" : decimalDisplay(finding.counter.value),
                finding.standing.rawValue,
            ])
        }
        return Markdown.heading(
            ["cell", "counter", "baseline", "candidate", ""], right: [2, 3])
            + Markdown.cut(lines, bytes: Limit.tableBytes)
    }

    // MARK: CI

    /// JUnit's XML, a case a metric and a counter: failure is a regression, skipped inconclusive,
    /// error invalid. A gate that can't be believed as a whole has a case of its own that says so:
    /// there may be nothing else to show it.
    package var junit: String {
        func count(_ verdicts: Verdict...) -> Int {
            result.findings.count { verdicts.contains($0.verdict) }
        }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        let isBroken = result.verdict == .invalid || result.verdict == .wrong
        let cases = result.findings.count + result.counters.count + (isBroken ? 1 : 0)
        let errors = count(.invalid, .wrong) + (isBroken ? 1 : 0)
        let failures = count(.regression) + result.counters.count(where: \.isBreach)
        text += "<testsuite name=\"switchyard gate\" tests=\"\(cases)\""
        text += " failures=\"\(failures)\" errors=\"\(errors)\""
        text += " skipped=\"\(count(.inconclusive))\">\n"
        if isBroken {
            text += "  <testcase name=\"gate\"><error message=\"\(result.verdict.rawValue)"
            text += ": \(xml(result.reasons.joined(separator: "; ")))\"/></testcase>\n"
        }
        for finding in result.findings {
            text += "  <testcase classname=\"\(xml(finding.cell))\""
            text += " name=\"\(xml(finding.metric.name))\""
            let element: String? =
                switch finding.verdict {
                case .pass: nil
                case .regression: "failure"
                case .inconclusive: "skipped"
                case .invalid, .wrong: "error"
                }
            text +=
                element.map { "><\($0) message=\"\(xml(finding.reason))\"/></testcase>\n" }
                ?? "/>\n"
        }
        for finding in result.counters {
            text += "  <testcase classname=\"\(xml(finding.counter.cell))\""
            text += " name=\"\(xml(finding.counter.metric))\""
            text +=
                finding.isBreach
                ? "><failure message=\"\(xml(finding.reason))\"/></testcase>\n" : "/>\n"
        }
        return text + "</testsuite>\n"
    }

    private func xml(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 32 }))
            .replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    /// Workflow commands of GitHub Actions that show on the pull request.
    package var annotations: String {
        let level = status == .success ? "warning" : "error"
        let lines =
            result.verdict == .pass
            ? [] : result.reasons.prefix(Limit.annotations)
        return lines.map {
            let message = $0.replacing("%", with: "%25").replacing("\r", with: "%0D")
                .replacing("\n", with: "%0A")
            return "::\(level) title=switchyard \(result.verdict.rawValue)::\(message)\n"
        }.joined()
    }
}
