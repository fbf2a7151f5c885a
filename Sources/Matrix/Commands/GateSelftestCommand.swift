import Basis
import Compare
import Foundation
import Platform

/// Puts cases of known outcome before the gate: identical servers, one that is slower by a known
/// share, and a machine that is jammed on purpose.
enum GateSelftestCommand: Command {
    static let name = "gate-selftest"

    private enum Limit {
        /// For one case; the longest confirm six suspects on a noisy machine.
        static let gate = Nanoseconds.seconds(3_600)
        /// In the short form a case that was not shown is put again so many times, unless so much
        /// time has passed. Whoever looks long enough finds a false alarm, but a gate that says it
        /// can't tell has made no test, or found nothing by it.
        static let attempts = 3
        static let lastAttempt = Nanoseconds.seconds(15)
    }

    /// How much is measured.
    private struct Form {
        var handicap = "8%"
        var arguments: [String] = []

        /// One cell, launches of less than half a second and a change that can't be missed.
        static let short = Form(
            handicap: "30%",
            arguments: [
                "--profile", "quick", "--filter", "pattern=single", "--warmup", "50ms",
                "--duration", "400ms",
            ])
    }

    static let parser = OptionParser(
        program: "switchyard gate-selftest",
        summary: "show that the gate passes, catches and refuses what it must",
        options: [
            OptionSpec("short", help: "one cell and short launches: under a minute, for CI"),
            OptionSpec("handicap", value: "SHARE", help: "of the slower server (8%; short: 30%)"),
            OptionSpec(
                "case", value: "NAME", help: "identical, handicapped or jammed alone (all)"),
            OptionSpec("gates", value: "N", help: "of each case, and count how they end (1)"),
            OptionSpec("profile", short: "p", value: "NAME", help: "of the gate's matrix"),
            OptionSpec("filter", value: "TERMS", help: "only some cells of it"),
            OptionSpec("pairing", value: "HOW", help: "slice or launch (slice)"),
        ] + RunOptions.launch + [RunOptions.json, RunOptions.quiet],
        epilogue: """
            Run it in the folder of the sources: it builds a server of its own in .build-handicap.
            What each gate measured is kept in \(folder).
            Exit status: 0 every case came out as it must, 1 the gate is wrong, 12 the machine is
            too noisy to show a case (with --short that is said, and is no failure).
            """)

    /// Where the gates' results are kept until the next time.
    private static let folder = ".build/gate/selftest"

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        if let stray = options.operands.first {
            throw Complaint("unexpected operand '\(stray)'", remedy: "leave it out")
        }
        var form = options.has("short") ? Form.short : Form()
        form.handicap = options.text("handicap") ?? form.handicap
        for name in ["profile", "filter", "pairing", "warmup", "duration"] {
            if let value = options.text(name) { form.arguments += ["--\(name)", value] }
        }
        let cases = try options.choice("case", of: SelftestCase.self).map { [$0] }
        let gates = try options.count("gates", in: 1...1_000) ?? 1
        let cpus = try RunOptions.cpus(options)
        form.arguments += [
            "--server-cpus", "\(CPUSet(cpus.server))", "--load-cpus", "\(CPUSet(cpus.load))",
        ]
        let lock = try WorkplaceLock(folder)
        defer { _ = lock }
        console.errors("building a server with a handicap\n")
        let servers = try servers(try GateBuild.handicapped(), handicap: form.handicap)
        let isSilent = options.has("short") || options.has("quiet")
        let note = isSilent ? { _ in } : console.errors
        let isJSON = options.has("json")
        let tell = isJSON ? console.errors : console.output
        var report = SelftestReport(isShort: options.has("short"))
        let deadline = MonotonicClock.now + Limit.lastAttempt
        for subject in cases ?? SelftestCase.allCases {
            var own: [SelftestCase.Standing] = []
            for _ in 0..<gates {
                var result = try judge(subject, servers, form, cpus, note: note)
                var left = options.has("short") ? Limit.attempts - 1 : 0
                while result.standing == .notShown, left > 0, MonotonicClock.now < deadline {
                    left -= 1
                    result = try judge(subject, servers, form, cpus, note: note)
                }
                tell(result.line + "\n")
                own.append(result.standing)
                report.gates.append((subject, result.standing, result.line))
            }
            if gates > 1 {
                let counts = [SelftestCase.Standing.shown, .notShown, .wrong].map { standing in
                    own.count { $0 == standing }
                }
                tell(
                    "     \(subject.rawValue): of \(gates) gates \(counts[0]) came out as they"
                        + " must, \(counts[1]) could not tell, \(counts[2]) were wrong\n")
            }
        }
        tell(report.line + "\n")
        if isJSON { console.output(report.json.pretty) }
        return report.status
    }

    /// One gate, as a user would start it.
    private static func judge(
        _ subject: SelftestCase, _ servers: Servers, _ form: Form, _ cpus: CPUSplit,
        note: (String) -> Void
    ) throws(Complaint) -> (standing: SelftestCase.Standing, line: String) {
        let arguments =
            [
                GateCommand.name, "--base-bin", servers.base, "--bin",
                subject == .handicapped ? servers.slower : servers.base, "--strict", "--results",
                "\(folder)/\(subject.rawValue)", "--baseline", ExactCheck.none,
            ] + form.arguments
        let run: ProgramRun
        do throws(SystemError) {
            let jam =
                subject == .jammed
                ? try Jam(cpus: cpus.server + cpus.load, for: Limit.gate, seed: 1) : nil
            defer { _ = jam }
            run = try ProgramRun(
                "/proc/self/exe", arguments, timeout: Limit.gate, note: note)
        } catch {
            throw error.complaint("can't run a gate", remedy: "see the limits of the system")
        }
        let last = lastLine(run.output)
        let verdict = Verdict.allCases.first {
            run.ending == .exited($0.status(strict: true).rawValue)
                && last.hasPrefix("VERDICT: \($0.rawValue)")
        }
        let standing = subject.standing(of: verdict)
        let said = verdict == nil ? "no verdict: \(last) \(lastLine(run.errors))" : last
        let mark =
            switch standing {
            case .shown: "ok  "
            case .notShown: "??  "
            case .wrong: "FAIL"
            }
        let note = standing == .notShown ? ", not shown here" : ""
        let name =
            subject == .handicapped ? "\(subject.rawValue) by \(form.handicap)" : subject.rawValue
        return (standing, "\(mark) \(name): must be \(subject.due.rawValue)\(note); \(said)")
    }

    /// Folders with a program each that the gate takes for a server.
    private struct Servers {
        let base: String
        let slower: String
    }

    /// Both are the same program; a script puts the handicap into the command line of one.
    private static func servers(
        _ program: String, handicap: String
    ) throws(Complaint) -> Servers {
        let manager = FileManager.default
        let servers = Servers(base: "\(folder)/base", slower: "\(folder)/slower")
        let original = "\(servers.base)/switchyard-server"
        let script = "\(servers.slower)/switchyard-server"
        do {
            try? manager.removeItem(atPath: folder)
            for path in [servers.base, servers.slower] {
                try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            try manager.copyItem(atPath: program, toPath: original)
            let words = [URL(fileURLWithPath: original).path, "--handicap", handicap]
            let command = words.map { ShellWords.quote($0) }.joined(separator: " ")
            let text = "#!/bin/sh\nexec \(command) \"$@\"\n"
            try text.write(toFile: script, atomically: true, encoding: .utf8)
            try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        } catch {
            throw Complaint(
                "can't write \(folder): \(error.localizedDescription)",
                remedy: "run it in the folder of the sources", status: .failure)
        }
        return servers
    }
}
