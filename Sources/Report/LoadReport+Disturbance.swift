import Basis

extension LoadReport {
    /// The share of a set of CPUs that others may take of it in the measured phase. The machine's
    /// own daemons stay far below; a loop that shares a CPU takes half of it.
    package static let foreignShareLimit = 0.05

    /// Why figures are doubtful of which others took `share` of the CPUs `cpus` meanwhile; nil up
    /// to the limit.
    package static func disturbance(_ share: Double, of cpus: String) -> String? {
        guard share > foreignShareLimit else { return nil }
        return "other work took \(fixed(share * 100, decimals: 1))% of CPU \(cpus)"
            + " (limit \(fixed(foreignShareLimit * 100, decimals: 0))%)"
    }
}
