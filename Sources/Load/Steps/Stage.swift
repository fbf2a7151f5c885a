package import Basis

/// A rate and how long it is kept, as `--stages` says it.
package struct Stage: Equatable, Sendable {
    package let rate: PerSecond
    package let duration: Nanoseconds

    package init(rate: PerSecond, duration: Nanoseconds) {
        self.rate = rate
        self.duration = duration
    }

    /// The steps of a ramp, unless it says another number.
    package static let rampSteps = 10
    /// More would fill no screen.
    package static let most = 1_000

    /// Reads `10k:10s,20k:10s`; `1k..10k:30s` is ten equal steps of 3 s from the one to the other,
    /// `1k..10k/5:30s` five.
    package static func all(parsing text: String) throws(Complaint) -> [Stage] {
        var stages: [Stage] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            stages += try some(parsing: part.filter { $0 != " " })
            if stages.count > most {
                throw Complaint(
                    "--stages has more than \(most) stages", remedy: "give fewer, or shorter ramps")
            }
        }
        return stages
    }

    private static func some(parsing text: String) throws(Complaint) -> [Stage] {
        let refusal = Complaint(
            "--stages '\(text)' is no stage",
            remedy: "write RATE:TIME such as 10k:10s, or a ramp such as 1k..10k:30s or"
                + " 1k..10k/5:30s, with commas between them")
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, let time = Nanoseconds(parsing: String(halves[1])) else {
            throw refusal
        }
        guard let dots = halves[0].firstRange(of: "..") else {
            guard let rate = PerSecond(parsing: String(halves[0])) else { throw refusal }
            return [try checked(rate, time, text)]
        }
        let behind = halves[0][dots.upperBound...].split(
            separator: "/", omittingEmptySubsequences: false)
        guard let from = PerSecond(parsing: String(halves[0][..<dots.lowerBound])),
            let last = behind.first, let to = PerSecond(parsing: String(last)), behind.count <= 2
        else { throw refusal }
        var steps = rampSteps
        if behind.count == 2 {
            guard let count = parseCount(String(behind[1])), (2...most).contains(count) else {
                throw refusal
            }
            steps = count
        }
        return try (0..<steps).map { (index) throws(Complaint) in
            let share = Double(index) / Double(steps - 1)
            let rate = PerSecond(raw: from.raw + (to.raw - from.raw) * share)
            return try checked(rate, time / Int64(steps), text)
        }
    }

    private static func checked(
        _ rate: PerSecond, _ duration: Nanoseconds, _ text: String
    ) throws(Complaint) -> Stage {
        guard (.milliseconds(1)...Limit.duration).contains(duration) else {
            throw Complaint(
                "--stages '\(text)' has a stage of \(duration.display)",
                remedy: "give each from 1ms to \(Limit.duration.display)")
        }
        return Stage(rate: rate, duration: duration)
    }
}
