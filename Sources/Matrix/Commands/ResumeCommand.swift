import Basis
import Report

/// Goes on with a run that was stopped or cut off.
enum ResumeCommand: Command {
    static let name = "resume"
    static let parser = OptionParser(
        program: "switchyard resume", operands: "[RUN]",
        summary: "go on with an interrupted run",
        options: RunOptions.execution + [
            OptionSpec("force", help: "go on although server or generator were built anew"),
            RunOptions.json,
        ],
        epilogue: """
            RUN is the folder of a run, its name below results, or latest, which is the default. The
            launches in its journal are kept; another matrix, another machine and, without --force,
            other programs than those that the run began with are refused.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        var (directory, manifest) = try RunOptions.run(options)
        let (plan, servers) = try manifest.request.plan(reading: RunOptions.read)
        guard plan.hash(servers: servers) == manifest.planHash else {
            throw Complaint(
                "\(manifest.request.matrix) has changed since run \(directory.name) began",
                remedy: "begin a new run, or restore the file")
        }
        let programs = try Programs.find(in: options.text("bin"))
        try Abilities.check(plan.cells, programs)
        _ = try OutsideServers(servers, of: plan.cells).checkReach()
        guard Fingerprint(.system).hardwareID == manifest.hardwareID else {
            throw Complaint(
                "run \(directory.name) began on another machine",
                remedy: "go on there, or begin a new run here", status: .otherMachine)
        }
        if programs.fingerprint.map(\.value["fnv1a64"])
            != manifest.programs.map(\.value["fnv1a64"])
        {
            let warning = Warning.changedPrograms
            guard options.has("force") else {
                throw Complaint(
                    "\(warning.problem)", remedy: "\(warning.advice), or mix them with --force")
            }
            console.errors("note: \(warning)\n")
            manifest.add(warning)
        }
        var session = RunSession(
            directory: directory, manifest: manifest, plan: plan, servers: servers,
            programs: programs, options: options, console: console)
        return try session.run()
    }
}
