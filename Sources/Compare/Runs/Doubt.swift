import Basis
import Report

/// Why a difference is neither called a regression nor ruled out.
package enum Doubt: Equatable, Sendable, CustomStringConvertible {
    case sequential
    case unknownOrder
    case oneOrder
    case otherMachine
    case otherConditions
    /// Too few launches for a test that allows for all the others made here.
    case tooFew(have: Int, needed: Int)
    /// More than a fifth of the launches did not count.
    case disturbed(Int, of: Int)
    /// Most launches have this verdict of the generator, which limits what they say of the server.
    case loadVerdict(String)
    /// The generator was the limit of a side, or of both.
    case bound
    /// More than a fifth of the pairs, or of launches without pairs, lack the figure: what is
    /// missing may be missing because it was bad.
    case missing(Int, of: Int)
    /// A side has no figure at all.
    case noFigure
    /// A tail or a balance.
    case advisory
    /// The launches scatter too much.
    case scatter

    /// A stable name for scripts.
    package var name: String {
        switch self {
        case .sequential: "sequential"
        case .unknownOrder: "unknown-order"
        case .oneOrder: "one-order"
        case .otherMachine: "other-machine"
        case .otherConditions: "other-conditions"
        case .tooFew: "too-few"
        case .disturbed: "disturbed"
        case .loadVerdict(let verdict): verdict
        case .bound: Bound.verdict
        case .missing: "missing"
        case .noFigure: "no-figure"
        case .advisory: "advisory"
        case .scatter: "scatter"
        }
    }

    package var description: String {
        switch self {
        case .sequential:
            "one side was measured after the other, so that a drift of the machine looks the same"
        case .unknownOrder: "the tables don't say in which order the launches were made"
        case .oneOrder: "one side always ran first, which alone can cost a percent"
        case .otherMachine: "the machines differ"
        case .otherConditions: "lengths, CPUs or time limits of the launches differ"
        case .tooFew(let have, let needed): "\(have) launches a side where \(needed) are needed"
        case .disturbed(let lost, let all): "\(lost) of \(all) launches did not count"
        case .loadVerdict(let verdict): "most launches are \(verdict)"
        case .bound:
            "the generator was the limit of a side, which is at least so good: its figure is a"
                + " bound that proves nothing more"
        case .missing(let lost, let all): "\(lost) of \(all) lack the figure, more than a fifth"
        case .noFigure: "a side has no figure, or no pair has two"
        case .advisory: "tails and balances are shown, not judged"
        case .scatter: "the interval spans both a change and none"
        }
    }
}
