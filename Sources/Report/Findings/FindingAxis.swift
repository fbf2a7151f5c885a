/// What is compared: patterns, with other servers beside them, or the values of a parameter.
enum FindingAxis: Equatable {
    case patterns
    /// Of `cells.csv`.
    case column(String)

    var title: String {
        switch self {
        case .patterns: "pattern"
        case .column(let name): name
        }
    }
}
