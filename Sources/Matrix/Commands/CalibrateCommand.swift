import Basis
import Compare
import Foundation
import Platform
import Report

/// Measures how much identical servers differ on this machine.
enum CalibrateCommand: Command {
    static let name = "calibrate"
    private enum Limit {
        /// Pairs of a cell; with fewer the noise itself is noisy.
        static let pairs = 24
    }

    /// The values of `--pairing`.
    private enum Wish: String, CaseIterable {
        case launch, slice, both

        var pairings: [Pairing] {
            switch self {
            case .launch: [.launch]
            case .slice: [.slice]
            case .both: [.launch, .slice]
            }
        }
    }

    private static let turn = "\(SliceExecutor.Limit.turn.raw / 1_000_000) ms"

    static let parser = OptionParser(
        program: "switchyard calibrate", operands: "[MATRIX]",
        summary: "measure a server against itself: what a gate can find here",
        options: RunOptions.matrix + [
            OptionSpec(
                "server-command", value: "COMMAND",
                help: "your own server instead of this project's"),
            OptionSpec("pairs", value: "N", help: "pairs of each cell, even (\(Limit.pairs))"),
            OptionSpec("pairing", value: "HOW", help: "launch, slice or both (both)"),
            RunOptions.seed,
        ] + RunOptions.launch + [
            RunOptions.bin, RunOptions.results, RunOptions.json, RunOptions.quiet,
        ],
        epilogue: """
            MATRIX and COMMAND are as for 'switchyard gate'. A pair is two launches, one after the
            other, or two servers that stay up and get the load by turns of \(turn), longer at
            low rates; closed loops are measured by launches alone. Writes \(Calibration.file) into
            the folder of results, where 'switchyard gate' looks for it. Exit status: 0 done, 12
            too many pairs did not count, 15 the server answers wrongly, 64 bad input, 130
            interrupted.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let pairs = try options.count("pairs", in: 6...400) ?? Limit.pairs
        guard pairs.isMultiple(of: 2) else {
            throw Complaint("--pairs \(pairs) is odd", remedy: "give an even number")
        }
        let wish = try options.choice("pairing", of: Wish.self) ?? .both
        var request = GateRequest(
            run: try RunOptions.request(options, matrix: GateMatrix.standard, isRun: false))
        if let command = options.text("server-command") {
            try OwnCommand.checkProgram(command)
            request.commands = [command, command]
        }
        let policy = try request.policy()
        let (cells, settings, servers) = try request.plan()
        let programs = try Programs.find(in: options.text("bin"))
        try Abilities.check(cells, programs)
        let results = RunOptions.results(options)
        let session = CalibrateSession(
            cells: cells, settings: settings, servers: servers[0], pairs: pairs, run: request.run,
            programs: programs,
            directory: try RunDirectory.create(
                "\(UTCTime(Nanoseconds(raw: WallClock.nanoseconds)).compact)-calibration",
                in: results),
            interruption: try StopRequest.offServerCPUs(request.run.cpus), console: console,
            isQuiet: options.has("quiet"))
        if let warning = request.run.cpus.warning { console.errors("note: \(warning)\n") }
        guard try session.tryOut() else { return .interrupted }
        var noises: [Calibration.Noise] = []
        var trouble: Complaint?
        for pairing in wish.pairings {
            do throws(Complaint) {
                guard let found = try session.measure(pairing, isAlone: wish != .both) else {
                    return .interrupted
                }
                noises += found
            } catch {
                // What disturbs one pairing may leave the other. The last complaint is thrown, or
                // said below.
                if let trouble { console.errors("switchyard: \(trouble)\n") }
                trouble = error
            }
        }
        if let trouble {
            if noises.isEmpty { throw trouble }
            console.errors("switchyard: \(trouble)\n")
        }
        // What was not asked for stays as it was found before.
        let before = (try? Calibration.ofThisMachine(in: results))?.noises ?? []
        let calibration = Calibration(
            hardwareID: Fingerprint(.system).hardwareID,
            noises: before.filter { !wish.pairings.contains($0.pairing) } + noises)
        try RunDirectory(path: results).write(Calibration.file, calibration.json.pretty)
        if options.has("json") {
            console.output(calibration.json.pretty)
        } else {
            for line in calibration.forecast(policy, cells: cells.count) {
                console.output(line + "\n")
            }
        }
        console.errors("kept in \(results)/\(Calibration.file)\n")
        return trouble?.status ?? .success
    }
}
