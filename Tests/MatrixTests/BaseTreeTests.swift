import Basis
import Foundation
import Platform
import Testing

@testable import Matrix

@Suite("the tree of a gate's base")
struct BaseTreeTests {
    /// A repository of two commits of one file, with work in it that is not committed.
    private final class Repository {
        let scratch: Scratch
        let path: String

        init() throws {
            scratch = try Scratch()
            path = URL(fileURLWithPath: scratch.path).resolvingSymlinksInPath().path
            try git("init", "--quiet", "--initial-branch=main")
            for text in ["old", "new"] {
                try scratch.write("README.md", text)
                try git("add", "README.md")
                try git(
                    "-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", text)
            }
            try scratch.write("README.md", "work")
        }

        @discardableResult
        func git(_ arguments: String...) throws -> String {
            try #require(capture(["git", "-C", path] + arguments), "git \(arguments)")
        }
    }

    /// What may lie where the base is checked out.
    enum Found: String, CaseIterable {
        case nothing, clone, emptyRepository, staleLock, noRepository, file, tornClone
    }

    private func leave(_ found: Found, in tree: BaseTree, of repository: Repository) throws {
        let manager = FileManager.default
        func make(_ folder: String) throws {
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        switch found {
        case .nothing: break
        case .clone: try tree.checkOut(try tree.commit("HEAD"))
        case .emptyRepository: try make("\(tree.path)/.git")
        case .staleLock:
            try tree.checkOut(try tree.commit("HEAD"))
            try Data().write(to: URL(fileURLWithPath: "\(tree.path)/.git/index.lock"))
        case .noRepository:
            try make(tree.path)
            try Data().write(to: URL(fileURLWithPath: "\(tree.path)/left"))
        case .file:
            try make(tree.path)
            try Data("gitdir: \(repository.path)/.git".utf8).write(
                to: URL(fileURLWithPath: "\(tree.path)/.git"))
        case .tornClone: try make("\(tree.path).new/.git")
        }
    }

    @Test(
        "the base is checked out whatever lies there, and the user's tree is left alone",
        arguments: Found.allCases)
    func checkOut(found: Found) throws {
        let repository = try Repository()
        let tree = try BaseTree(of: repository.path)
        try leave(found, in: tree, of: repository)
        try tree.checkOut(try tree.commit("HEAD~1"))
        let base = try String(contentsOfFile: "\(tree.path)/README.md", encoding: .utf8)
        #expect(base == "old")
        #expect(try repository.scratch.read("README.md") == "work")
        #expect(try repository.git("rev-parse", "--abbrev-ref", "HEAD") == "main\n")
        #expect(try tree.commit("HEAD") == tree.commit("main"))
    }

    @Test("a folder that is no top of a repository is refused in one line")
    func folders() throws {
        let repository = try Repository()
        let inner = "\(repository.path)/inner"
        try FileManager.default.createDirectory(
            atPath: inner, withIntermediateDirectories: true)
        let lost = #expect(throws: Complaint.self) { try BaseTree(of: inner) }
        #expect(lost?.problem == "this folder lies inside the repository \(repository.path)")
        #expect(lost?.status == .noBaseline)
        let outside = try Scratch()
        let none = #expect(throws: Complaint.self) { try BaseTree(of: outside.path) }
        #expect(none?.problem == "this folder is in no git repository")
        #expect(none?.status == .noBaseline)
    }

    @Test("a base that is what the candidate is built from is refused")
    func same() throws {
        let repository = try Repository()
        let tree = try BaseTree(of: repository.path)
        let head = try tree.commit("HEAD")
        // Uncommitted work is a change.
        try tree.checkDiffers(head)
        try repository.scratch.write("README.md", "new")
        try tree.checkDiffers(try tree.commit("HEAD~1"))
        let complaint = #expect(throws: Complaint.self) { try tree.checkDiffers(head) }
        #expect(
            complaint
                == Complaint(
                    "base and candidate are the same commit \(head.prefix(12))",
                    remedy: "name another with --base, or change something"))
    }

    @Test("a folder that a gate works in is refused to a second one, until the first is done")
    func lock() throws {
        let scratch = try Scratch()
        let folder = scratch.path + "/gate/base"
        do {
            let lock = try WorkplaceLock(folder)
            defer { _ = lock }
            let complaint = #expect(throws: Complaint.self) { _ = try WorkplaceLock(folder) }
            #expect(complaint?.problem == "another gate is at work in \(folder)")
            _ = try WorkplaceLock(scratch.path + "/gate/other")
        }
        _ = try WorkplaceLock(folder)
        try scratch.write("file", "")
        let complaint = #expect(throws: Complaint.self) {
            _ = try WorkplaceLock(scratch.path + "/file/base")
        }
        #expect(complaint?.problem.hasPrefix("can't lock ") == true)
    }
}
