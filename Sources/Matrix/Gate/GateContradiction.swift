import Basis

/// Options of a gate of which one would be ignored beside the other.
enum GateContradiction {
    /// What a gate that goes on may be told; the rest it knows from its folder.
    private static let resumable = [
        "resume", "strict", "results", "force", "quiet", "plots", "json",
    ]

    /// Pairs of an option and those that mean nothing beside it.
    private static let pairs = [
        ("server-command", ["base", "base-bin", "bin", "baseline"]),
        ("server-command", ["counters-only", "write-baseline"]),
        ("base", ["base-bin", "counters-only", "write-baseline"]),
        ("base-bin", ["counters-only", "write-baseline"]),
    ]

    /// Refuses what contradicts itself.
    static func check(_ options: ParsedOptions) throws(Complaint) {
        if options.has("resume") {
            let names = GateCommand.parser.options.map(\.name)
            if let name = names.first(where: { options.has($0) && !resumable.contains($0) }) {
                throw Complaint(
                    "--\(name) can't be changed: --resume goes on with what the gate was begun"
                        + " with",
                    remedy: "leave it out, or begin a new gate")
            }
            if let matrix = options.operands.first {
                throw Complaint(
                    "'\(matrix)' can't be the matrix: --resume goes on with the gate's own",
                    remedy: "leave it out, or begin a new gate")
            }
        }
        for (name, others) in pairs where options.has(name) {
            guard let other = others.first(where: { options.has($0) }) else { continue }
            throw Complaint(
                "--\(name) and --\(other) contradict each other", remedy: "leave one of them out")
        }
    }
}
