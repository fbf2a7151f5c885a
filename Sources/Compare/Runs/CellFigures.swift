import Basis

/// The figures of one metric of one cell, as far as they are there: a pair without a figure on one
/// side is left out, and so is a launch without one where nothing is paired.
struct CellFigures {
    private enum Limit {
        /// As many places of missing figures are named in a note.
        static let places = 3
    }

    let pairs: [(base: Double, candidate: Double)]
    let base: [Double]
    let candidate: [Double]
    /// Pairs, or launches of both sides where nothing is paired.
    let all: Int
    /// Of these without a figure.
    let lost: Int
    private let isPaired: Bool
    /// The launches without a figure, and whether each is of the base.
    private let places: [(launch: RunTable.Launch, isBase: Bool)]

    init(_ pair: Comparison.CellPair, _ sides: Comparison.Sides) {
        let (a, b) = (sides.baseMetric, sides.candidateMetric)
        let launches =
            pair.pairs.isEmpty
            ? (base: pair.base, candidate: pair.candidate)
            : (base: pair.pairs.map(\.base), candidate: pair.pairs.map(\.candidate))
        base = launches.base.compactMap { $0.values[a].number }
        candidate = launches.candidate.compactMap { $0.values[b].number }
        pairs = pair.pairs.compactMap { one in
            guard let base = one.base.values[a].number,
                let candidate = one.candidate.values[b].number
            else { return nil }
            return (base, candidate)
        }
        isPaired = !pair.pairs.isEmpty
        all = isPaired ? pair.pairs.count : launches.base.count + launches.candidate.count
        lost = all - (isPaired ? pairs.count : base.count + candidate.count)
        places =
            launches.base.filter { $0.values[a].number == nil }.map { ($0, true) }
            + launches.candidate.filter { $0.values[b].number == nil }.map { ($0, false) }
    }

    /// Whether neither side has a figure.
    var areAbsent: Bool { base.isEmpty && candidate.isEmpty }

    /// Which launches were left out; nil when none was.
    func note(
        _ cell: CellName, _ metric: ComparedMetric, _ sides: Comparison.Sides
    ) -> String? {
        if lost == 0 { return nil }
        let said = places.prefix(Limit.places).map { place in
            let table = place.isBase ? sides.base : sides.candidate
            let column = place.isBase ? sides.baseMetric : sides.candidateMetric
            let written = place.launch.values[column].missing
            return "\(table.name) line \(place.launch.line) "
                + (written.isEmpty ? "is empty" : "says '\(written)'")
        }
        let more = places.count > said.count ? " and \(places.count - said.count) more" : ""
        let noun = isPaired ? "pairs" : "launches"
        return "\(cell.display) \(metric.name): \(lost) of \(all) \(noun) left out, without a"
            + " figure: \(said.joined(separator: ", "))\(more)"
    }
}
