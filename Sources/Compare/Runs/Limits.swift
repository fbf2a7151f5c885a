import Report

/// Of which sides only a bound is known, since their generator was the limit of a launch that
/// counts.
package struct Limits: Equatable, Sendable {
    package let base: Bool
    package let candidate: Bool

    package static let none = Limits(base: false, candidate: false)

    package init(base: Bool, candidate: Bool) {
        self.base = base
        self.candidate = candidate
    }

    var areNone: Bool { self == .none }

    /// Whether nothing can be said of the two sides.
    var areBoth: Bool { base && candidate }

    /// What is behind a bound is as good or better, so that such a candidate may be proved better
    /// and never worse, and beside such a base it may be proved worse and never better. Neither may
    /// be proved the same.
    var allowWorse: Bool { !candidate }
    var allowBetter: Bool { !base }

    /// `base`, `cand` or `both`; empty for none.
    var name: String {
        switch (base, candidate) {
        case (false, false): ""
        case (true, false): "base"
        case (false, true): "cand"
        case (true, true): "both"
        }
    }

    /// In front of the figure of a side.
    func sign(of metric: ComparedMetric, isBase: Bool) -> String {
        guard isBase ? base : candidate else { return "" }
        return Bound(metric.name)?.sign ?? ""
    }

    /// In front of candidate over base.
    func sign(ofChangeOf metric: ComparedMetric) -> String {
        guard let bound = Bound(metric.name), base != candidate else { return "" }
        // A base that is at least so much makes a ratio of at most so much.
        return (candidate ? bound : bound == .atLeast ? .atMost : .atLeast).sign
    }
}
