import Basis
import Foundation
import Platform
import Report

/// Says whether the machine is fit to measure.
enum DoctorCommand: Command {
    static let name = "doctor"
    static let parser = OptionParser(
        program: "switchyard doctor", summary: "say whether this machine is fit to measure",
        options: [RunOptions.bin, RunOptions.json],
        epilogue: "Exit status: 0 fit, perhaps with warnings; 1 something must be mended first.")

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        if let operand = options.operands.first {
            throw Complaint("doctor takes no operand '\(operand)'", remedy: "leave it out")
        }
        let checks = Doctor(.system, facts(options)).checks
        let isFit = !checks.contains { $0.level == .fail }
        if options.has("json") {
            let object: JSONValue = [
                "schema": "switchyard.doctor/1", "fit": .bool(isFit),
                "checks": .array(checks.map(\.json)),
            ]
            console.output(object.pretty)
        } else {
            show(checks, on: console)
        }
        return isFit ? .success : .failure
    }

    private static func show(_ checks: [Check], on console: Console) {
        var table = TextTable([
            .init("check", .left), .init("", .left), .init("value", .left), .init("want", .left),
            .init("why", .left), .init("fix", .left),
        ])
        for check in checks {
            let tone: TextTable.Tone
            switch check.level {
            case .ok: tone = .good
            case .warn: tone = .doubtful
            case .fail: tone = .bad
            }
            let isFine = check.level == .ok
            table.append([
                .init(check.name), .init(check.level.rawValue, tone), .init(check.value),
                .init(check.want), .init(isFine ? "" : check.why), .init(isFine ? "" : check.fix),
            ])
        }
        console.output(table.text(width: nil, colours: console.allowsColours))
    }

    private static func facts(_ options: ParsedOptions) -> Doctor.Facts {
        let before = MachineReading()
        let busy = MachineReading.busyShare
        var missing: String?
        do throws(Complaint) {
            _ = try Programs.find(in: options.text("bin"))
        } catch {
            missing = error.problem
        }
        let version = capture(["gnuplot", "--version"]).map { lastLine($0) }
        let space = try? FileManager.default.attributesOfFileSystem(forPath: ".")[.systemFreeSize]
        var facts = Doctor.Facts(
            cpus: CPUSet.available.cpus.count, openFiles: DescriptorLimit.current,
            machine: MachineReading().since(before), busyShare: busy, gnuplot: version,
            missingPrograms: missing,
            freeDisk: (space as? NSNumber).map { ByteCount(raw: $0.intValue) })
        do throws(LinkProhibition) {
            facts.link = try RunningLink.trial()
        } catch {
            facts.linkProhibition = error
        }
        return facts
    }
}
