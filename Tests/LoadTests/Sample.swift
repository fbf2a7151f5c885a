import Basis
import Platform
import Wire

@testable import Load

/// Plans and results to judge and to print.
enum Sample {
    static func plan(_ change: (inout LoadPlan) -> Void = { _ in }) throws -> LoadPlan {
        let url = try TargetURL(parsing: "http://127.0.0.1:8080/plaintext")
        var plan = LoadPlan(
            url: url, destination: .v4(0x7F00_0001, port: 8080),
            request: try HTTP1.RequestTemplate(target: "/plaintext", host: url.authority), seed: 42)
        plan.duration = .seconds(1)
        change(&plan)
        return plan
    }

    static var usage: UsedResources {
        var counts = SyscallCounts()
        counts.wait = 7
        return UsedResources(
            span: .seconds(1), cpu: .milliseconds(500), user: .milliseconds(100),
            system: .milliseconds(400), spun: .zero, waited: .zero, syscalls: counts,
            bytesRead: 2_097_152, bytesWritten: 50_000)
    }

    /// A result of one thread that was busy for half of a second.
    static func result(
        _ tally: consuming LoadTally, plan: LoadPlan? = nil, served: [UInt32] = [],
        rates: [RatePiece] = [], interruption: Interrupts = Interrupts()
    ) throws -> LoadResult {
        var result = LoadResult(
            plan: try plan ?? Self.plan(), began: .seconds(1_800_000_000),
            interruption: interruption)
        result.add(
            GeneratorResult(
                window: Window(start: Instant(raw: 1), duration: .seconds(1)),
                sentFrom: Instant(raw: 1), sentUntil: Instant(raw: 1), warmUpUnsent: 0,
                usage: usage,
                connectionsOpened: 64, served: served, rates: rates, borders: BorderShares(),
                lastRefusal: nil,
                tally: tally))
        return result
    }
}
