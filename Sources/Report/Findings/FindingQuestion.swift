/// What is asked of all contestants, and how, but for the number of connections.
struct FindingQuestion {
    /// Tells it from all others.
    let key: String
    /// In words: `closed loop of /work?us=20`.
    let title: String
    let isClosed: Bool
    let isMixed: Bool
    /// Whether the highest rate is asked for that meets rules.
    let isSearch: Bool
    /// The cells that belong to it.
    var rows: [Int] = []

    /// The figures that decide it, the first one first.
    var figures: [Contest.Figure] {
        if isSearch { return [.capacity] }
        return isClosed ? [.rate] : isMixed ? [.tail, .cpu] : [.cpu, .tail]
    }
}
