import Basis
import Compare
import Platform
import Report

/// A gate of counters alone: counts what the server built here, or that of `--bin`, does for each
/// request, and writes it or holds it to the baseline.
struct GateCounting {
    let request: GateRequest
    let cells: [Cell]
    let options: ParsedOptions

    func run(on console: Console) throws(Complaint) -> ExitStatus {
        let programs = try Programs.find(in: options.text("bin"))
        if let file = options.text("write-baseline") {
            let counters = try ExactCheck.measure(
                cells, programs: programs, cpus: request.run.cpus)
            guard !counters.isEmpty else {
                throw Complaint(
                    "none of these cells has counters",
                    remedy: "choose cells of this project's own server")
            }
            do throws(SystemError) {
                try AtomicFile.replace(
                    file, with: ExactBaseline(counters: counters).json.pretty + "\n")
            } catch {
                throw error.complaint("can't write \(file)", remedy: "name a file in a folder")
            }
            console.errors("\(counters.count) counters in \(file)\n")
            return .success
        }
        guard let file = request.baseline else {
            throw Complaint(
                "there is no baseline to hold the counters to",
                remedy: "name it with --baseline, or write it with --write-baseline",
                status: .noBaseline)
        }
        let result: GateResult
        do throws(Complaint) {
            let found = try ExactCheck.hold(request, cells, programs: programs)
            result = try Self.judge(found, file: file)
        } catch {
            guard error.status == .wrongResponses else { throw error }
            result = .wrong(error.problem)
        }
        for reason in result.reasons { console.errors(reason + "\n") }
        for note in result.counters.compactMap(\.note) { console.errors(note + "\n") }
        let report = GateReport(
            result, base: file, candidate: programs.server, seed: UInt64(request.run.seed),
            repro: request.repro + " --counters-only", isStrict: request.isStrict)
        report.say(asJSON: options.has("json"), on: console)
        return report.status
    }

    /// Refuses counters of which none was held to anything: nothing was shown to pass.
    static func judge(
        _ found: [ExactBaseline.Finding], file: String
    ) throws(Complaint) -> GateResult {
        guard found.contains(where: { $0.was != nil }) else {
            throw Complaint(
                "none of these cells is in \(file)",
                remedy: "choose others with --filter, or write them with --write-baseline",
                status: .noBaseline)
        }
        return GateResult.untimed().holding(found)
    }
}
