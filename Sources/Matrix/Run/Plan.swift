import Basis
import Report

/// Every launch of a run in its order: each block launches all cells once, in an order of its own
/// that follows from the seed, but for those that are launched less often. What drifts in the
/// machine so falls on all cells alike (randomised interleaved trials: A. Abedi and T. Brecht, ICPE
/// 2017).
struct Plan: Equatable, Sendable {
    let cells: [Cell]
    let settings: Settings
    /// One of `SeededGenerator.seeds`.
    let seed: Int64
    let slots: [Slot]

    init(cells: [Cell], settings: Settings, seed: Int64) {
        precondition(SeededGenerator.seeds.contains(seed), "the seed has 53 bits")
        self.cells = cells
        self.settings = settings
        self.seed = seed
        var slots: [Slot] = []
        let blocks = cells.map { settings.of($0).repeats }.max() ?? 0
        for block in 0..<blocks {
            var generator = SeededGenerator.stream(seed: UInt64(seed), index: block)
            let loadSeed = generator.nextSeed()
            for cell in Self.shuffled(cells, using: &generator)
            where block < settings.of(cell).repeats {
                slots.append(
                    Slot(index: slots.count, block: block, cell: cell, seed: loadSeed))
            }
        }
        self.slots = slots
    }

    private enum Limit {
        /// More would run for days, and their plan alone fill hundreds of megabytes.
        static let launches = 200_000
        /// Longer than anybody waits, and far from what a count of nanoseconds holds.
        static let time = Nanoseconds.seconds(10 * 365 * 86_400)
    }

    /// Refuses a plan that nobody could mean, before it is made.
    static func check(_ cells: [Cell], _ settings: Settings) throws(Complaint) {
        let all = cells.map { settings.of($0) }
        let launches = all.reduce(0) { $0 + $1.repeats }
        let longest = all.map(\.loadTime).max() ?? .zero
        let each = longest + TimeEstimate.firstOverhead
        guard launches <= Limit.launches, each.raw <= Limit.time.raw / Int64(max(1, launches))
        else {
            throw Complaint(
                "\(launches) launches of \(each.display) are too many",
                remedy: "leave cells out with --filter, or lower --repeat or --duration")
        }
    }

    /// Fisher and Yates, spelt out: the order must follow from the seed in every version of the
    /// standard library. The bias of the remainder is below 2^-40.
    private static func shuffled(
        _ cells: [Cell], using generator: inout SeededGenerator
    ) -> [Cell] {
        var cells = cells
        for last in stride(from: cells.count - 1, to: 0, by: -1) {
            cells.swapAt(last, Int(generator.next() % UInt64(last + 1)))
        }
        return cells
    }

    /// What two plans must share to be parts of one run.
    ///
    /// - Parameter servers: how the servers of the cells are started.
    func hash(servers: [ServerDescription]) -> String {
        let used = Set(cells.map(\.server))
        let value: JSONValue = [
            "cells": .array(cells.map(\.json)), "settings": settings.json,
            "seed": .integer(seed),
            "servers": .array(servers.filter { used.contains($0.name) }.map(\.json)),
        ]
        return StableHash.of(value.compact)
    }
}
