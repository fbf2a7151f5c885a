import Basis
import Foundation
import Platform
import Report

/// Builds the two servers of a gate, both before anything is measured, with the same flags.
enum GateBuild {
    private enum Limit {
        static let build = Nanoseconds.seconds(3_600)
        /// Lines of a failed build that are shown.
        static let lines = 5
    }

    /// A side as it will be measured.
    struct Built {
        let programs: Programs
        /// A commit, with `+changes` when the tree has some.
        let name: String
    }

    /// Builds the server of `commit` in a clone and puts it into `folder`.
    static func base(
        _ commit: String, load: String, into folder: String, on console: Console
    ) throws(Complaint) -> Built {
        let tree = try BaseTree(of: ".")
        let lock = try WorkplaceLock(tree.path)
        defer { _ = lock }
        try tree.checkOut(commit)
        console.errors("building the base \(commit.prefix(12))\n")
        let server = try build(at: tree.path, or: "the base does not build", status: .noBaseline)
        return Built(
            programs: try place(server, load: load, in: folder), name: String(commit.prefix(12)))
    }

    /// Builds the server of the working tree and puts it into `folder`.
    static func candidate(
        load: String, into folder: String, on console: Console
    ) throws(Complaint) -> Built {
        let identity = RunIdentity.current(runID: "")
        console.errors("building the candidate\n")
        let server = try build(at: ".", or: "the candidate does not build", status: .failure)
        let name = identity.commit.map { String($0.prefix(12)) } ?? "working tree"
        return Built(
            programs: try place(server, load: load, in: folder),
            name: identity.isDirty == true ? name + "+changes" : name)
    }

    /// The server in a folder of programs that somebody else built.
    static func server(in source: String) throws(Complaint) -> String {
        let server = "\(source)/switchyard-server"
        guard FileManager.default.isExecutableFile(atPath: server) else {
            throw Complaint(
                "there is no program switchyard-server in \(source)",
                remedy: "name the folder that swift build puts its programs into",
                status: .noBaseline)
        }
        return server
    }

    /// Puts the server of a folder of programs, built by somebody else, into `folder`.
    static func given(
        _ source: String, load: String, into folder: String
    ) throws(Complaint) -> Built {
        let server = try server(in: source)
        return Built(programs: try place(server, load: load, in: folder), name: source)
    }

    /// Builds a server that can be told to be slower (`--handicap`), beside the ordinary build.
    static func handicapped() throws(Complaint) -> String {
        let scratch = ".build-handicap"
        try run(
            [
                "swift", "build", "-c", "release", "--scratch-path", scratch, "-Xswiftc",
                "-DHANDICAP", "--product", "switchyard-server",
            ], or: "the server with a handicap does not build", status: .failure)
        return "\(scratch)/release/switchyard-server"
    }

    private static func build(
        at path: String, or problem: String, status: ExitStatus
    ) throws(Complaint) -> String {
        let command = [
            "swift", "build", "--package-path", path, "-c", "release", "--product",
            "switchyard-server",
        ]
        try run(command, or: problem, status: status)
        return "\(path)/.build/release/switchyard-server"
    }

    /// A copy, so that nothing that is built later changes what is measured.
    private static func place(
        _ server: String, load: String, in folder: String
    ) throws(Complaint) -> Programs {
        let copy = "\(folder)/switchyard-server"
        let manager = FileManager.default
        do {
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try? manager.removeItem(atPath: copy)
            try manager.copyItem(
                at: URL(fileURLWithPath: server).resolvingSymlinksInPath(),
                to: URL(fileURLWithPath: copy))
        } catch {
            throw Complaint(
                "can't copy \(server) to \(copy): \(error.localizedDescription)",
                remedy: "make room on the disk", status: .failure)
        }
        return Programs(server: copy, load: load)
    }

    /// Runs a command and complains with the telling lines of what it wrote when it fails.
    ///
    /// - Parameter variables: of the environment, that it must not see.
    static func run(
        _ command: [String], without variables: [String] = [], or problem: String,
        status: ExitStatus
    ) throws(Complaint) {
        var words = ""
        do throws(SystemError) {
            let run = try ProgramRun(
                command[0], Array(command.dropFirst()), without: variables, timeout: Limit.build)
            if run.ending == .exited(0) { return }
            // swift build reports on standard output, git on standard error.
            words = run.output + run.errors
            if run.ending == nil { words += "error: not done after \(Limit.build.display)" }
        } catch {
            words = "\(command[0]) can't be started: \(error.reason)"
        }
        let lines = words.split(whereSeparator: \.isNewline)
        let telling = lines.filter { $0.contains("error") || $0.contains("fatal") }
        let shown = (telling.isEmpty ? lines : telling).prefix(Limit.lines)
        throw Complaint(
            "\(problem): \(shown.joined(separator: " / "))",
            remedy: "see: \(command.joined(separator: " "))", status: status)
    }
}
