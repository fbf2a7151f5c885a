import Basis
import Compare
import Testing

@testable import Matrix

@Suite("a gate of counters alone")
struct GateCountingTests {
    private let baseline = ExactBaseline(
        counters: [.init(cell: "a", metric: "syscalls_per_req", value: 2)])

    @Test("counters of which none is in the baseline have passed nothing")
    func nothingHeld() throws {
        for found in [
            [], baseline.narrowed(to: ["b"]).compare([.init(cell: "b", metric: "m", value: 1)]),
        ] {
            let complaint = #expect(throws: Complaint.self) {
                try GateCounting.judge(found, file: "b.json")
            }
            #expect(complaint?.problem == "none of these cells is in b.json")
            #expect(complaint?.status == .noBaseline)
        }
        let held = baseline.compare([.init(cell: "a", metric: "syscalls_per_req", value: 2)])
        #expect(try GateCounting.judge(held, file: "b.json").verdict == .pass)
    }

    @Test("counters that the baseline lacks are named beside a verdict")
    func notes() throws {
        let found = baseline.compare([
            .init(cell: "a", metric: "syscalls_per_req", value: 1),
            .init(cell: "b", metric: "wakeups_per_req", value: 3),
        ])
        #expect(
            found.compactMap(\.note) == [
                "better than the baseline: a syscalls_per_req: 1, was 2",
                "not in the baseline: b wakeups_per_req: 3, new",
            ])
    }

    @Test("a tolerance that forgives everything is no baseline", arguments: ["-0.1", "1.5", "1e9"])
    func tolerance(text: String) {
        let complaint = #expect(throws: Complaint.self) {
            try ExactBaseline(
                parsing: """
                    {"schema": "switchyard.baseline/1", "tolerance": \(text), "cells": {}}
                    """, file: "b.json")
        }
        #expect(
            complaint?.problem
                == "b.json is no baseline: tolerance is not between 0 and 1")
    }
}
