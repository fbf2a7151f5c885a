import Basis
import Foundation
import Testing

@testable import Report

@Suite("exports for benchmark dashboards")
struct ExportTests {
    @Test("github-action-benchmark, smaller is better")
    func benchmarkAction() throws {
        let files = try RunCopy().files()
        try RunCopy.expect(
            ExportBenchmarkAction.json(files).pretty, equals: "customSmallerIsBetter.json")
    }

    @Test("the Bencher Metric Format")
    func bencher() throws {
        let files = try RunCopy().files()
        try RunCopy.expect(ExportBencher.json(files).pretty, equals: "bmf.json")
    }

    @Test("only valid cells leave the house, and intervals only where there are any")
    func validOnly() throws {
        let run = try RunCopy()
        let whole = ExportBencher.json(try run.files())
        #expect(whole["h1/single/w1/c64"]?["rps"]?["lower_value"] == .integer(60_358))
        #expect(whole["h1/single/w1/c64/poisson-80000"] == nil, "late")
        try run.change("cells.csv") {
            $0.replacing(",60685,60358,60905,", with: ",60685,,,")
                .replacing(",20657,20322,21331,", with: ",,,,")
        }
        let gapped = ExportBencher.json(try run.files())
        #expect(gapped["h1/single/w1/c64"]?["rps"] == ["value": 60_685])
        #expect(gapped["h1/single/w1/c1"]?["rps"] == nil)
        #expect(gapped["h1/single/w1/c1"]?["p50_ns"] != nil)
    }
}
