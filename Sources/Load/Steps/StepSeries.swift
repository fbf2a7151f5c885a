import Basis
import Measure
import Platform
import Report

/// Makes runs one after the other, each with connections and a warm-up of its own.
struct StepSeries {
    let plan: LoadPlan
    /// Takes the name of the step under way and how far it is, once a second.
    let progress: (String, LoadProgress) -> Void
    private var made: Int64 = 0

    init(_ plan: LoadPlan, progress: @escaping (String, LoadProgress) -> Void) {
        self.plan = plan
        self.progress = progress
    }

    /// - Parameter rate: requests a second; nil for a closed loop.
    mutating func run(
        _ name: String, rate: Double?, duration: Nanoseconds
    ) throws(Coordinator.Failure) -> LoadResult {
        var step = plan
        step.duration = duration
        step.steps = nil
        switch (rate, plan.arrivals) {
        case (nil, _): step.arrivals = .closed
        case (let rate?, .poisson): step.arrivals = .poisson(PerSecond(raw: rate))
        case (let rate?, _): step.arrivals = .constant(PerSecond(raw: rate))
        }
        if rate == nil { step.spins = false }
        // A rate that is tried again is to meet other arrivals.
        step.seed = (plan.seed + made) % SeededGenerator.seeds.upperBound
        made += 1
        var coordinator = try Self.coordinator(step)
        let progress = progress
        return try coordinator.run { progress(name, $0) }
    }

    private static func coordinator(
        _ plan: LoadPlan
    ) throws(Coordinator.Failure) -> Coordinator {
        do throws(SystemError) {
            // A signal between two steps stays pending until the next one takes it.
            return try Coordinator(plan, signals: try TerminationSignals())
        } catch {
            throw .complaint(
                error.complaint("a step can't start", remedy: "raise the limit of open files"))
        }
    }
}
