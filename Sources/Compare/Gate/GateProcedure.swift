import Basis
import Foundation
import Measure
import Report

/// The gate as a procedure without input or output: it says which pair to launch next, takes what
/// came of it, and ends with findings.
///
/// 1. Screening: a few pairs of each cell, in blocks ABBA or BAAB by a coin, cells in a new random
///    order each round. An estimate beyond the threshold makes a suspect. No test is made.
/// 2. Control: pairs of base against base among them. If they differ, the gate begins anew, and the
///    second time it is invalid.
/// 3. Confirmation: suspects get fresh pairs, as many as the noise asks for, and one exact
///    one-sided signed-rank test each against the dead band; Holm's correction over the suspects.
///    Since no pair is used twice, the chance of a false alarm holds whatever the screening did.
///
/// Pairs that don't count are launched again at the end of their stage, up to a share. All is
/// determined by the cells, the policy, the seed and the outcomes, so that an interrupted gate goes
/// on by being given its journal again.
package struct GateProcedure: Sendable {
    /// A metric in a cell: what is suspected, tested and reported.
    struct Subject: Hashable, Sendable {
        let cell: Int
        let metric: Int
    }

    package let cells: [GateCell]
    package let policy: GatePolicy
    package let seed: UInt64
    let design: GateDesign
    private var generator: SeededGenerator

    /// Counts from 0; more than 0 after a broken control.
    package private(set) var attempt = 0
    private var serial = 0
    private var queue: [PairRequest] = []
    private var isConfirming = false
    /// Planned pairs and repeats of the stage under way.
    private var planned = 0
    private var repeats = 0
    private var pendingRepeats: [PairRequest] = []
    /// The worsening of each counted pair, as a logarithm, and the figures behind it.
    var screened: [Subject: [GatePair]] = [:]
    var confirmed: [Subject: [GatePair]] = [:]
    var control: [Subject: [GatePair]] = [:]
    /// The suspects that are confirmed, worst first, and those left over.
    private(set) var suspects: [Subject] = []
    private(set) var untested: [Subject] = []
    /// The noise of each metric, by name, from the screening.
    package private(set) var sigma: [String: Double] = [:]
    package private(set) var lost: [LostPair] = []
    private(set) var stop: Stop?

    /// Why a gate ended before its plan.
    enum Stop: Equatable, Sendable {
        case complete
        case invalid([String])
        case wrong(String)
    }

    /// A pair that did not count.
    package struct LostPair: Equatable, Sendable {
        package let request: PairRequest
        package let reason: String
        /// The side that answered wrongly; nil when the machine was at fault.
        package let wrongSide: Side?
    }

    /// The policy has been checked for these cells, and `design` is that of both.
    package init(cells: [GateCell], policy: GatePolicy, design: GateDesign, seed: UInt64) {
        self.design = design
        self.cells = cells
        self.policy = policy
        self.seed = seed
        generator = SeededGenerator.stream(seed: seed, index: 0)
        planScreen()
    }

    /// The pair to launch next; nil when the gate is over. The same until an outcome is taken.
    package var next: PairRequest? { stop == nil ? queue.first : nil }

    /// Pairs still to come in the stage under way.
    package var upcoming: [PairRequest] { stop == nil ? queue + pendingRepeats : [] }

    package var pairsLeft: Int { upcoming.count }

    /// Takes what came of `next`.
    package mutating func take(_ outcome: PairOutcome) {
        precondition(stop == nil && !queue.isEmpty, "the gate asked for no pair")
        let request = queue.removeFirst()
        switch outcome {
        case .measured(let base, let candidate, let limits):
            let metrics = cells[request.cell].metrics
            precondition(
                base.count == metrics.count && candidate.count == metrics.count,
                "a figure for each metric")
            // A figure that is zero or missing has no ratio.
            if let bad = metrics.indices.first(where: { !(base[$0] > 0 && candidate[$0] > 0) }) {
                lose(request, "\(metrics[bad].name) is not positive", wrongSide: nil)
            } else {
                keep(request, base, candidate, limits)
            }
        case .invalid(let reason): lose(request, reason, wrongSide: nil)
        case .wrong(let side, let reason): lose(request, reason, wrongSide: side)
        }
        if stop == nil, queue.isEmpty { endOfQueue() }
    }

    private mutating func keep(
        _ request: PairRequest, _ base: [Double], _ candidate: [Double], _ limits: Limits
    ) {
        for (index, metric) in cells[request.cell].metrics.enumerated() {
            let pair = GatePair(
                base: base[index], candidate: candidate[index],
                worsening: metric.worseSign * log(candidate[index] / base[index]),
                limits: Bound(metric.name) == nil ? .none : limits)
            let subject = Subject(cell: request.cell, metric: index)
            switch request.stage {
            case .screen: screened[subject, default: []].append(pair)
            case .control: control[subject, default: []].append(pair)
            case .confirm: confirmed[subject, default: []].append(pair)
            }
        }
    }

    private mutating func lose(_ request: PairRequest, _ reason: String, wrongSide: Side?) {
        lost.append(LostPair(request: request, reason: reason, wrongSide: wrongSide))
        // In the control both launches are the base's.
        if wrongSide == .candidate, request.stage != .control {
            let wrongs = lost.filter {
                $0.request.cell == request.cell && $0.request.stage != .control
            }.map(\.wrongSide)
            if wrongs.count(where: { $0 == .candidate }) >= 2, !wrongs.contains(.base) {
                stop = .wrong("\(cells[request.cell].id): \(reason)")
                return
            }
        }
        repeats += 1
        guard Double(repeats) <= policy.requeueShare * Double(planned) else {
            stop = .invalid([
                "\(repeats) of \(planned) pairs did not count, more than"
                    + " \(fixed(policy.requeueShare * 100, decimals: 0))%; the last: \(reason)"
            ])
            return
        }
        pendingRepeats.append(request)
    }

    private mutating func endOfQueue() {
        if !pendingRepeats.isEmpty {
            for lost in pendingRepeats {
                add(lost.stage, lost.cell, coin() ? .base : .candidate, isRepeat: true)
            }
            pendingRepeats = []
        } else if isConfirming {
            stop = .complete
        } else if let trouble = controlTrouble {
            if attempt < policy.controlReruns {
                attempt += 1
                (screened, control) = ([:], [:])
                planScreen()
            } else {
                stop = .invalid(trouble)
            }
        } else {
            chooseSuspects()
            if suspects.isEmpty { stop = .complete } else { planConfirmation() }
        }
    }

    // MARK: Planning

    private mutating func planScreen() {
        planned = 0
        repeats = 0
        let rounds = policy.screenPairs / 2
        let controlBlocks = policy.controlPairs / 2
        for round in 0..<rounds {
            var blocks = cells.indices.map { (PairRequest.Stage.screen, $0) }
            // The control's blocks are spread evenly over the rounds.
            let share = controlBlocks * (round + 1) / rounds - controlBlocks * round / rounds
            blocks += (0..<share).map { _ in (.control, 0) }
            blocks.shuffle(using: &generator)
            for (stage, cell) in blocks { addBlock(stage, cell) }
        }
        planned = queue.count
    }

    private mutating func planConfirmation() {
        isConfirming = true
        repeats = 0
        var blocksLeft: [Int: Int] = [:]
        for suspect in suspects {
            let noise = sigma[metric(suspect).name] ?? 0
            blocksLeft[suspect.cell] = max(
                blocksLeft[suspect.cell] ?? 0, policy.pairs(sigma: noise) / 2)
        }
        while !blocksLeft.isEmpty {
            var round = blocksLeft.keys.sorted()
            round.shuffle(using: &generator)
            for cell in round {
                addBlock(.confirm, cell)
                blocksLeft[cell] = blocksLeft[cell].flatMap { $0 > 1 ? $0 - 1 : nil }
            }
        }
        planned = queue.count
    }

    /// A block ABBA or BAAB: whatever drifts evenly through its four launches cancels.
    private mutating func addBlock(_ stage: PairRequest.Stage, _ cell: Int) {
        let first: Side = coin() ? .base : .candidate
        add(stage, cell, first, isRepeat: false)
        add(stage, cell, first == .base ? .candidate : .base, isRepeat: false)
    }

    private mutating func add(
        _ stage: PairRequest.Stage, _ cell: Int, _ first: Side, isRepeat: Bool
    ) {
        queue.append(
            PairRequest(
                serial: serial, stage: stage, cell: cell, first: first, isRepeat: isRepeat))
        serial += 1
    }

    private mutating func coin() -> Bool { Bool.random(using: &generator) }

    // MARK: Deciding

    func metric(_ subject: Subject) -> ComparedMetric {
        cells[subject.cell].metrics[subject.metric]
    }

    var subjects: [Subject] {
        cells.indices.flatMap { cell in
            cells[cell].metrics.indices.map { Subject(cell: cell, metric: $0) }
        }
    }

    /// What the control shows that it should not; nil when base equals base.
    private var controlTrouble: [String]? {
        let troubles = controlFindings.filter(\.isBroken).map {
            "base against base: \($0.metric) differs by \(signedPercent($0.ratio))"
                + " (\(pText($0.p)))"
        }
        return troubles.isEmpty ? nil : troubles
    }

    private mutating func chooseSuspects() {
        sigma = [:]
        for (name, group) in Dictionary(grouping: screened.keys, by: { metric($0).name }) {
            let samples = group.map { (screened[$0] ?? []).map(\.worsening) }
            sigma[name] = MedianDeviation.pooledSigma(of: samples)
        }
        let suspicious = subjects.compactMap { subject -> (subject: Subject, centre: Double)? in
            guard let band = metric(subject).tier.deadBand,
                let centre = SignedRank.hodgesLehmann((screened[subject] ?? []).map(\.worsening)),
                centre >= log(1 + band + policy.screenMargin)
            else { return nil }
            return (subject, centre)
        }.sorted { $0.centre > $1.centre }.map(\.subject)
        suspects = Array(suspicious.prefix(policy.suspectsMax))
        untested = Array(suspicious.dropFirst(policy.suspectsMax))
    }
}

/// One counted pair of one metric.
struct GatePair: Equatable, Sendable {
    let base: Double
    let candidate: Double
    /// The logarithm of the ratio, positive when the candidate is worse.
    let worsening: Double
    /// Of which sides the figures are bounds.
    let limits: Limits
}

/// A p-value: `p 0.00412`, or `p < 1e-5` where five decimals show nothing of it.
package func pText(_ p: Double) -> String {
    let text = fixed(p, decimals: 5)
    return p < 1e-5 ? "p < 1e-5" : "p \(text)"
}

/// A ratio as a change in percent with its sign: `+8.1%`.
package func signedPercent(_ ratio: Double) -> String {
    let percent = (ratio - 1) * 100
    let text = fixed(percent, decimals: 1)
    return (text.hasPrefix("-") ? "" : "+") + text + "%"
}
