import Basis
import Compare
import Report

extension Pairing {
    /// How long one pair of `cell` takes, by a guess at what starting and stopping costs.
    func time(ofPair cell: Cell, _ settings: Settings) -> Nanoseconds {
        switch self {
        case .launch: (settings.loadTime + TimeEstimate.firstOverhead) * 2
        case .slice: SliceRound.time(ofPair: cell, settings) + TimeEstimate.firstOverhead
        }
    }
}
