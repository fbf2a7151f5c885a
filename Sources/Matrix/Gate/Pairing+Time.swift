import Basis
import Compare
import Report

extension Pairing {
    /// How long one pair takes, by a guess at what starting and stopping costs.
    func time(ofPair settings: Settings) -> Nanoseconds {
        switch self {
        case .launch: (settings.warmup + settings.duration + TimeEstimate.firstOverhead) * 2
        case .slice: SliceExecutor.time(ofPair: settings) + TimeEstimate.firstOverhead
        }
    }
}
