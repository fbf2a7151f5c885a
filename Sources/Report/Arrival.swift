package import Basis

/// How requests arrive.
package enum Arrival: Equatable, Hashable, Sendable {
    /// The next request of a connection follows its last answer.
    case closed
    /// By a schedule: gaps drawn from an exponential distribution, or all alike.
    case poisson(PerSecond)
    case constant(PerSecond)
    /// None: connections subscribe, and the events that come are measured.
    case subscribe
    /// At the rates that a search for capacity tries, with gaps of either kind.
    case search(CapacityQuestion)

    /// `closed`, `poisson`, `constant`, `subscribe` or `search`.
    package var name: String {
        switch self {
        case .closed: "closed"
        case .poisson: "poisson"
        case .constant: "constant"
        case .subscribe: "subscribe"
        case .search: "search"
        }
    }

    /// What a search is for; nil where there is none.
    package var question: CapacityQuestion? {
        if case .search(let question) = self { question } else { nil }
    }

    package var rate: PerSecond? {
        switch self {
        case .closed, .subscribe, .search: nil
        case .poisson(let rate), .constant(let rate): rate
        }
    }

    /// The same at one of `count` equal parts of its rate.
    package func part(of count: Int) -> Arrival {
        switch self {
        case .closed, .subscribe, .search: self
        case .poisson(let rate): .poisson(PerSecond(raw: rate.raw / Double(count)))
        case .constant(let rate): .constant(PerSecond(raw: rate.raw / Double(count)))
        }
    }
}
