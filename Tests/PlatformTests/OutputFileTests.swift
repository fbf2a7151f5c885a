import Basis
import Foundation
import TestSupport
import Testing

@testable import Platform

struct OutputFileTests {
    @Test("what stands at a path is told apart")
    func kinds() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a")
        #expect(OutputFile(path).kind == .missing && OutputFile(path).isWritable)
        try OutputFile(path).write("one")
        #expect(OutputFile(path).kind == .regular && OutputFile(path).isWritable)
        let above = URL(filePath: path).deletingLastPathComponent().path()
        #expect(OutputFile(above).kind == .folder && !OutputFile(above).isWritable)
        #expect(OutputFile("/dev/null").kind == .other)
        #expect(!OutputFile("/proc/nowhere/a").isWritable)
        try OutputFile("/dev/null").write("nothing")
    }

    @Test("a file is replaced whole, through a link too, and leaves nothing beside it")
    func replaced() throws {
        let folder = try TemporaryFolder()
        try OutputFile(folder.file("a")).write("a longer text")
        try AtomicFile.link(folder.file("link"), to: folder.file("a"))
        #expect(OutputFile(folder.file("link")).resolved == OutputFile(folder.file("a")).resolved)
        try OutputFile(folder.file("link")).write("two")
        #expect(try String(contentsOfFile: folder.file("a"), encoding: .utf8) == "two")
        #expect(!FileManager.default.fileExists(atPath: folder.file("a.new")))
    }

    @Test("two names of a file to be made are one")
    func resolved() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("new")
        let detour = URL(filePath: path).deletingLastPathComponent().path() + "/./new"
        #expect(OutputFile(path).resolved == OutputFile(detour).resolved)
    }

    @Test("what the device refuses is an error")
    func full() {
        #expect(throws: SystemError.self) { try OutputFile("/dev/full").write("a") }
    }
}
