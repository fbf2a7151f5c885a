package import Basis
import Foundation
import Measure
import Report

/// Two runs, cell by cell and metric by metric.
///
/// It calls nothing worse, better or the same that the design of the two runs can't carry: runs
/// made one after the other have estimates and intervals, and the reason why those prove nothing.
/// All tests share one chance of a false alarm of 1 - `Change.confidence` (Holm).
package struct Comparison: Sendable {
    /// One metric of one cell.
    package struct Row: Sendable {
        package let cell: CellName
        package let metric: ComparedMetric
        package let design: Design
        /// Of which sides the figures are bounds.
        package let limits: Limits
        /// Nil where a side has no figure.
        package let change: Change?
        /// After Holm's correction, of the likelier direction; nil unless it was tested.
        package fileprivate(set) var pAdjusted: Double?
        package fileprivate(set) var finding = Finding.unproven
        /// Why it is unproven, the weightiest first.
        package fileprivate(set) var doubts: [Doubt]
    }

    private enum Limit {
        /// The share of launches, or of figures, that may be lost.
        static let lost = 0.2
        /// More cells with missing figures than these say no more.
        static let missingNotes = 5
    }

    package let base: String
    package let candidate: String
    package private(set) var rows: [Row] = []
    package let onlyInBase: [CellName]
    package let onlyInCandidate: [CellName]
    package let machinesDiffer: Bool
    /// Whether the runs' lengths, CPUs or time limits differ.
    package let conditionsDiffer: Bool
    /// One line each.
    package private(set) var notes: [String]
    private var ranks = ShiftEstimate.Ranks(confidence: Change.confidence)
    private var tails = SignedRank.Tails()
    /// Rows that lack figures, beyond those that `notes` speak of.
    private var unsaidMissing = 0
    private var saidMissing = 0

    /// Compares all cells that both runs have. Runs of different machines or conditions are refused
    /// unless `acrossMachines`.
    package init(
        base: RunTable, candidate: RunTable, acrossMachines: Bool = false
    ) throws(Complaint) {
        self.base = base.name
        self.candidate = candidate.name
        notes = base.notes + candidate.notes
        machinesDiffer = try Self.machinesDiffer(base, candidate, allowed: acrossMachines)
        if let a = base.machine, let b = candidate.machine, !machinesDiffer,
            a.softwareID != b.softwareID
        {
            notes.append("the kernel, its settings or the toolchain changed between the runs")
        }
        notes += Self.sameness(base, candidate)
        let common = base.cells.filter { candidate.launches[$0] != nil }
        onlyInBase = base.cells.filter { candidate.launches[$0] == nil }
        onlyInCandidate = candidate.cells.filter { base.launches[$0] == nil }
        guard !common.isEmpty else {
            throw Complaint(
                "\(base.name) and \(candidate.name) have no cell in common, such as"
                    + " \(base.cells.first?.display ?? "none") and"
                    + " \(candidate.cells.first?.display ?? "none")",
                remedy: "compare runs of the same matrix",
                status: base.isOwn ? .otherMachine : .usage)
        }
        let conditions = try Self.conditionsDiffer(
            base, candidate, in: common, allowed: acrossMachines)
        conditionsDiffer = conditions != nil
        if let conditions {
            notes.append("the conditions differ, nothing is proved: \(conditions)")
        }
        notes += Self.lonelyMetrics(base, beside: candidate)
        notes += Self.lonelyMetrics(candidate, beside: base)
        let metrics = base.metrics.indices.compactMap { index -> (ComparedMetric, Int, Int)? in
            candidate.metrics.firstIndex(of: base.metrics[index]).map {
                (base.metrics[index], index, $0)
            }
        }
        var partnerless = (base: 0, candidate: 0)
        for cell in common {
            let pair = CellPair(
                base.launches[cell] ?? [], candidate.launches[cell] ?? [],
                areJoined: base.pairBy != nil)
            partnerless.base += pair.partnerless.base
            partnerless.candidate += pair.partnerless.candidate
            for (metric, a, b) in metrics {
                if let row = row(
                    cell, metric, pair,
                    Sides(base: base, candidate: candidate, baseMetric: a, candidateMetric: b))
                {
                    rows.append(row)
                }
            }
        }
        if let column = base.pairBy {
            notes += Self.partnerless(partnerless.base, of: base.name, column)
            notes += Self.partnerless(partnerless.candidate, of: candidate.name, column)
        }
        if unsaidMissing > 0 { notes.append("\(unsaidMissing) rows more lack figures") }
        try requireFigures()
        judge()
    }

    private static func partnerless(_ count: Int, of name: String, _ column: String) -> [String] {
        if count == 0 { return [] }
        return ["\(count) rows of \(name) have no partner with the same \(column)"]
    }

    private static func machinesDiffer(
        _ base: RunTable, _ candidate: RunTable, allowed: Bool
    ) throws(Complaint) -> Bool {
        guard let a = base.machine, let b = candidate.machine, a.hardwareID != b.hardwareID else {
            return false
        }
        guard allowed else {
            throw Complaint(
                "\(base.name) (hardware \(a.hardwareID)) and \(candidate.name)"
                    + " (\(b.hardwareID)) are of different machines",
                remedy: "measure both on one, or add --across-machines to see the figures anyway",
                status: .otherMachine)
        }
        return true
    }

    /// Where the figures of a metric stand in both tables.
    struct Sides {
        let base: RunTable
        let candidate: RunTable
        let baseMetric: Int
        let candidateMetric: Int
    }

    /// The launches of one cell on both sides.
    struct CellPair {
        let design: Design
        let pairs: [(base: RunTable.Launch, candidate: RunTable.Launch)]
        let base: [RunTable.Launch]
        let candidate: [RunTable.Launch]
        /// Launches that are joined to none of the other side; zero where nothing joins them.
        let partnerless: (base: Int, candidate: Int)
        let doubts: [Doubt]

        init(_ base: [RunTable.Launch], _ candidate: [RunTable.Launch], areJoined: Bool) {
            let (design, pairs) = Design.of(
                base: base, candidate: candidate, areJoined: areJoined)
            self.design = design
            partnerless =
                areJoined ? (base.count - pairs.count, candidate.count - pairs.count) : (0, 0)
            self.pairs = pairs.filter {
                $0.base.invalidReason == nil && $0.candidate.invalidReason == nil
            }
            self.base = base.filter { $0.invalidReason == nil }
            self.candidate = candidate.filter { $0.invalidReason == nil }
            let all = base.count + candidate.count
            let counted = self.base.count + self.candidate.count
            doubts =
                Double(all - counted) > Limit.lost * Double(all)
                ? [.disturbed(all - counted, of: all)] : []
        }
    }

    /// Nil when neither side has a figure that nobody asked for by name, as p99 in cells with few
    /// requests.
    private mutating func row(
        _ cell: CellName, _ metric: ComparedMetric, _ pair: CellPair, _ sides: Sides
    ) -> Row? {
        let figures = CellFigures(pair, sides)
        let isAsked = sides.base.namesMetrics
        if figures.areAbsent, pair.doubts.isEmpty, !isAsked { return nil }
        var doubts: [Doubt] = machinesDiffer ? [.otherMachine] : []
        if conditionsDiffer { doubts.append(.otherConditions) }
        switch pair.design {
        case .sequential: doubts.append(.sequential)
        case .unknown: doubts.append(.unknownOrder)
        case .oneOrder: doubts.append(.oneOrder)
        case .interleaved, .mixed: break
        }
        doubts += pair.doubts
        if Double(figures.lost) > Limit.lost * Double(figures.all) {
            doubts.append(.missing(figures.lost, of: figures.all))
        }
        if metric.tier == .advisory { doubts.append(.advisory) }
        let limits = limits(of: metric, pair)
        if limits.areBoth { doubts.append(.bound) }
        // The generator's verdict limits what its own figures say, not what the server used.
        if !metric.name.hasPrefix("srv_"),
            let verdict = [pair.base, pair.candidate].compactMap(commonVerdict)
                .first(where: { $0 != Bound.verdict || limits.areNone })
        {
            doubts.append(.loadVerdict(verdict))
        }
        let change =
            if pair.pairs.isEmpty {
                Change(
                    base: figures.base, candidate: figures.candidate, metric: metric,
                    isTested: doubts.isEmpty, ranks: &ranks)
            } else {
                Change(
                    pairs: figures.pairs, metric: metric, isTested: doubts.isEmpty, tails: &tails)
            }
        if change == nil {
            doubts = pair.doubts + [.noFigure]
        } else if let note = figures.note(cell, metric, sides) {
            if saidMissing < Limit.missingNotes { notes.append(note) } else { unsaidMissing += 1 }
            saidMissing += 1
        }
        return Row(
            cell: cell, metric: metric, design: pair.design, limits: limits, change: change,
            doubts: doubts)
    }

    private func limits(of metric: ComparedMetric, _ pair: CellPair) -> Limits {
        guard Bound(metric.name) != nil else { return .none }
        return Limits(
            base: pair.base.contains { $0.verdict == Bound.verdict },
            candidate: pair.candidate.contains { $0.verdict == Bound.verdict })
    }

    /// The verdict that more than half of the launches share, if it is a doubt.
    private func commonVerdict(_ launches: [RunTable.Launch]) -> String? {
        let doubtful = launches.filter { $0.verdict != "valid" }
        guard 2 * doubtful.count > launches.count else { return nil }
        let counts = Dictionary(grouping: doubtful, by: \.verdict).mapValues(\.count)
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    /// Tests what can be tested, together, and says of each row what it shows.
    private mutating func judge() {
        let tested = rows.indices.filter { rows[$0].doubts.isEmpty && rows[$0].change != nil }
        /// The chance of each direction, as far as bounds allow to speak of it.
        func chances(_ row: Row) -> (worse: Double, better: Double) {
            (
                row.limits.allowWorse ? row.change?.pWorse ?? 1 : 1,
                row.limits.allowBetter ? row.change?.pBetter ?? 1 : 1
            )
        }
        let pValues = tested.map { index in
            let (worse, better) = chances(rows[index])
            return min(1, 2 * min(worse, better))
        }
        let level = 1 - Change.confidence
        for (index, p) in zip(tested, Holm.adjusted(pValues)) {
            guard let change = rows[index].change, change.pWorse != nil else { continue }
            rows[index].pAdjusted = p
            if p <= level {
                let (worse, better) = chances(rows[index])
                rows[index].finding = worse < better ? .worse : .better
                continue
            }
            if !rows[index].limits.areNone {
                rows[index].doubts = [.bound]
                continue
            }
            if change.isWithinDeadBand {
                rows[index].finding = .same
                continue
            }
            let needed = Self.launchesNeeded(change.method, level: level / Double(tested.count))
            let have = min(change.baseCount, change.candidateCount)
            rows[index].doubts = [have < needed ? .tooFew(have: have, needed: needed) : .scatter]
        }
    }

    /// The least number of launches a side whose smallest two-sided p-value reaches `level`.
    private static func launchesNeeded(_ method: Change.Method, level: Double) -> Int {
        var count = 1
        // 2^(1-n) for pairs; 2 over (n of 2n) for samples of n each.
        var least = 1.0
        while least > level {
            count += 1
            switch method {
            case .signedRank: least /= 2
            case .rankSum: least *= Double(count) / Double(2 * (2 * count - 1))
            }
        }
        return count
    }

    package func count(_ finding: Finding) -> Int { rows.count { $0.finding == finding } }
}
