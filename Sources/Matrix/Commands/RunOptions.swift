import Basis
import Foundation
import Platform
import Report

/// The options that several commands share.
enum RunOptions {
    static let defaultMatrix = "Benchmarks/default.json5"
    static let defaultResults = "results"
    static let aboutMatrix = """
        MATRIX is a file, or the name of one that comes with the program, such as saturation
        ('switchyard list --matrices'); it defaults to \(defaultMatrix).
        """

    static let matrix: [OptionSpec] = [
        OptionSpec("profile", short: "p", value: "NAME", help: "a profile of the matrix file"),
        OptionSpec(
            "filter", short: "f", value: "TERMS",
            help: "only cells such as 'pattern=~sharded connections>=64'"),
    ]

    static let plan: [OptionSpec] =
        matrix + [
            OptionSpec("repeat", value: "N", help: "launches of each cell"),
            OptionSpec(
                "spare", value: "TIME", help: "for launches in the place of ones that were spoilt"),
            seed,
        ] + quick + launch + [json]

    /// A server that runs already, instead of a matrix file.
    private static let quick: [OptionSpec] = [
        OptionSpec("url", value: "URL", help: "a first look at a server that runs, without MATRIX"),
        OptionSpec(
            "measure", value: "COMMAND",
            help: "tell what it uses, too: local, or 'ssh HOST' where it runs"),
        OptionSpec("agent", value: "PATH", help: "switchyard there (in the path)"),
    ]
    static let seed = OptionSpec(
        "seed", value: "N", help: "of the order and the arrivals (drawn and shown)")

    /// How long a launch is, and where.
    static let launch: [OptionSpec] = [
        OptionSpec("warmup", value: "TIME", help: "load before the measured phase"),
        OptionSpec("duration", value: "TIME", help: "the measured phase"),
        OptionSpec("server-cpus", value: "LIST", help: "CPUs of the server (the upper half)"),
        OptionSpec("load-cpus", value: "LIST", help: "CPUs of the generator (the lower half)"),
    ]

    static let results = OptionSpec(
        "results", value: "DIR", help: "where runs are kept (\(defaultResults))")
    static let bin = OptionSpec(
        "bin", value: "DIR", help: "where server and generator lie (beside this program)")
    static let plots = OptionSpec(
        "plots", value: "DIR", help: "the scripts of the figures (those that come with the program)"
    )
    static let json = OptionSpec("json", help: "print one JSON object")

    static let execution: [OptionSpec] = [
        results, bin, plots, OptionSpec("no-plots", help: "draw nothing at the end"),
        quiet,
    ]
    static let quiet = OptionSpec("quiet", short: "q", help: "no progress")

    /// Where runs are kept.
    static func results(_ options: ParsedOptions) -> String {
        options.text("results") ?? defaultResults
    }

    /// The run that the command line names, which is the latest where it names none.
    static func run(
        _ options: ParsedOptions
    ) throws(Complaint) -> (directory: RunDirectory, manifest: Manifest) {
        let directory = try RunDirectory.find(
            try options.operand("run") ?? "latest", results: results(options))
        let manifest = try Manifest(
            parsing: try read(directory.manifestPath), file: directory.manifestPath)
        return (directory, manifest)
    }

    /// What the command line asks for, with a drawn seed where it names none.
    ///
    /// - Parameters:
    ///   - matrix: where none is named.
    ///   - isRun: whether it may say how many launches a cell has, and a server that runs already;
    ///     a gate has pairs of its own servers instead.
    static func request(
        _ options: ParsedOptions, matrix: String = defaultMatrix, isRun: Bool = true
    ) throws(Complaint) -> RunRequest {
        let seed = try options.seed("seed")
        // The lower digits of the nanosecond differ from run to run; six digits are easy to copy.
        let drawn = WallClock.nanoseconds / 1_000 % 1_000_000
        let file = try options.operand("matrix file")
        let quick = isRun ? try quickMatrix(options, besides: file) : nil
        var request = RunRequest(
            matrix: quick == nil ? file ?? matrix : QuickMatrix.name,
            profile: options.text("profile") ?? Matrix.defaultProfile,
            seed: seed ?? drawn, cpus: try cpus(options))
        request.quick = quick
        request.filter = options.text("filter")
        if isRun {
            request.repeats = try options.count("repeat", in: 1...1_000)
            request.spare = try options.time("spare", in: .zero ... .seconds(86_400))
        }
        request.warmup = try options.time("warmup", in: .zero ... .seconds(86_400))
        request.duration = try options.time("duration", in: .milliseconds(10) ... .seconds(86_400))
        return request
    }

    private static func quickMatrix(
        _ options: ParsedOptions, besides file: String?
    ) throws(Complaint) -> QuickMatrix? {
        guard let url = options.text("url") else {
            for name in ["measure", "agent"] where options.has(name) {
                throw Complaint(
                    "--\(name) belongs to --url",
                    remedy: "give --url, or describe the server in the matrix file")
            }
            return nil
        }
        if let file {
            throw Complaint(
                "--url and the matrix file \(file) are two matrices",
                remedy: "leave one out; a file's servers may have a url, too")
        }
        return QuickMatrix(
            url: url, measure: options.text("measure"), agent: options.text("agent"))
    }

    static func cpus(_ options: ParsedOptions) throws(Complaint) -> CPUSplit {
        let halves = CPUSplit(halving: CPUSet.available.cpus)
        var (server, load) = (halves.server, halves.load)
        if let text = options.text("server-cpus") { server = try CPUSet(parsing: text).cpus }
        if let text = options.text("load-cpus") { load = try CPUSet(parsing: text).cpus }
        return CPUSplit(server: server, load: load)
    }

    /// The text of a matrix file, or of one that lies in a run, that the user named.
    static func read(_ path: String) throws(Complaint) -> String {
        try read(
            try KnownMatrices.file(path), or: "name a matrix file such as \(defaultMatrix)")
    }

    /// The text of a file that the user named.
    ///
    /// - Parameter remedy: what to do when there is no file of a like name.
    static func read(_ path: String, or remedy: String) throws(Complaint) -> String {
        do throws(SystemError) {
            return try readFile(path)
        } catch {
            if error.isFolder {
                throw Complaint(
                    "\(path) is a folder", remedy: "name a file in it", status: .usage)
            }
            let folder = folderPart(of: path)
            let names =
                (try? FileManager.default.contentsOfDirectory(
                    atPath: folder.isEmpty ? "." : folder)) ?? []
            let near = nearestName(
                to: namePart(of: path), among: names.sorted())
            throw error.complaint(
                "can't read \(path)",
                remedy: near.map {
                    "did you mean \((folder as NSString).appendingPathComponent($0))?"
                } ?? remedy,
                status: .usage)
        }
    }
}
