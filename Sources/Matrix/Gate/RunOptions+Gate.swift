import Basis
import Platform

extension RunOptions {
    /// As `request`, for a gate: its pairs replace `--repeat`.
    static func gateRequest(
        _ options: ParsedOptions
    ) throws(Complaint) -> RunRequest {
        let seed = try options.seed("seed")
        var request = RunRequest(
            matrix: try options.operand("matrix file") ?? GateMatrix.standard,
            profile: options.text("profile") ?? Matrix.defaultProfile,
            seed: seed ?? WallClock.nanoseconds / 1_000 % 1_000_000,
            cpus: try cpus(options))
        request.filter = options.text("filter")
        request.warmup = try options.time("warmup", in: .zero ... .seconds(86_400))
        request.duration = try options.time("duration", in: .milliseconds(10) ... .seconds(86_400))
        return request
    }
}
