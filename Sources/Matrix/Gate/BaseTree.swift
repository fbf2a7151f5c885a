import Basis
import Foundation
import Platform

/// The sources of a gate's base: a clone below the build folder of the repository. It is kept, so
/// that the next gate builds only what changed.
struct BaseTree {
    /// Where it lies in a repository.
    static let place = ".build/gate/base"

    /// What would make git work on another repository or index than it is told to, as in a hook
    /// (git(1), "Environment variables").
    private static let redirections = [
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX",
    ]

    /// The top of the repository that the clone shares its objects with.
    let repository: String
    var path: String { "\(repository)/\(Self.place)" }

    /// Refuses a folder that is not the top of a repository: the candidate is built there.
    init(of folder: String) throws(Complaint) {
        let top = capture(["git", "-C", folder, "rev-parse", "--show-toplevel"])?
            .split(whereSeparator: \.isNewline).first
        guard let top else {
            throw Complaint(
                "this folder is in no git repository",
                remedy: "go to the folder of the sources, or name built servers with --base-bin"
                    + " and --bin",
                status: .noBaseline)
        }
        let own = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        guard URL(fileURLWithPath: String(top)).resolvingSymlinksInPath().path == own else {
            throw Complaint(
                "this folder lies inside the repository \(top)", remedy: "run the gate in \(top)",
                status: .noBaseline)
        }
        repository = own
    }

    /// The commit that `ref` means.
    func commit(_ ref: String) throws(Complaint) -> String {
        let text = capture([
            "git", "-C", repository, "rev-parse", "--verify", "--quiet", "\(ref)^{commit}",
        ])
        guard let commit = text?.split(whereSeparator: \.isWhitespace).first else {
            throw Complaint(
                "there is no commit '\(ref)' to compare with",
                remedy: "fetch it (in CI: fetch-depth: 0) or name another with --base",
                status: .noBaseline)
        }
        return String(commit)
    }

    /// Refuses a base that is what the candidate is built from: nothing would be compared.
    func checkDiffers(_ commit: String) throws(Complaint) {
        let head = capture(["git", "-C", repository, "rev-parse", "HEAD"])
        let changes = capture(["git", "-C", repository, "status", "--porcelain"])
        guard head?.hasPrefix(commit) == true, changes == "" else { return }
        throw Complaint(
            "base and candidate are the same commit \(commit.prefix(12))",
            remedy: "name another with --base, or change something")
    }

    /// Makes the tree hold `commit`. A tree that can't be brought there is made anew, whatever is
    /// wrong with it.
    func checkOut(_ commit: String) throws(Complaint) {
        // A file there would name a repository elsewhere.
        let found = try? FileManager.default.attributesOfItem(atPath: "\(path)/.git")
        if found?[.type] as? FileAttributeType == .typeDirectory {
            do throws(Complaint) {
                return try Self.checkOut(commit, in: path)
            } catch {
                // A stale lock, a damaged or an empty folder: a new clone has none of it.
            }
        }
        try clone(commit)
    }

    /// Beside the tree and renamed into its place, so that a clone that was cut short is never
    /// taken for one.
    private func clone(_ commit: String) throws(Complaint) {
        let manager = FileManager.default
        let fresh = "\(path).new"
        try? manager.removeItem(atPath: fresh)
        // A clone that shares all objects sees whatever commit this repository has.
        try Self.git(
            ["clone", "--quiet", "--shared", "--no-checkout", repository, fresh],
            or: "can't clone into \(fresh)")
        try Self.checkOut(commit, in: fresh)
        do {
            try? manager.removeItem(atPath: path)
            try manager.moveItem(atPath: fresh, toPath: path)
        } catch {
            throw Complaint(
                "can't replace \(path): \(error.localizedDescription)",
                remedy: "remove that folder", status: .noBaseline)
        }
    }

    /// Names the repository instead of going to its folder: where that holds none, git would take
    /// the next one above, which is the user's own.
    private static func checkOut(_ commit: String, in tree: String) throws(Complaint) {
        try git(
            [
                "--git-dir=\(tree)/.git", "--work-tree=\(tree)", "checkout", "--quiet", "--detach",
                "--force", commit,
            ], or: "can't check out \(commit)")
    }

    private static func git(_ arguments: [String], or problem: String) throws(Complaint) {
        try GateBuild.run(
            ["git"] + arguments, without: redirections, or: problem, status: .noBaseline)
    }
}
