import Basis
import Foundation
import TestSupport
import Testing

@Suite("packing", .enabled(if: Programs.isPresent("dpkg-shlibdeps")))
struct PackTests {
    /// Programs that stand for ours, which a test can't build for release: a foreign one by their
    /// names, and the real maker of documents.
    private func programs(in folder: TemporaryFolder) throws -> String {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: folder.file("built"), withIntermediateDirectories: true)
        for name in Documented.programs {
            try manager.copyItem(
                at: URL(filePath: "/bin/true").resolvingSymlinksInPath(),
                to: URL(filePath: folder.file("built/\(name)")))
        }
        try manager.createSymbolicLink(
            atPath: folder.file("built/switchyard-documents"),
            withDestinationPath: try Programs.own("switchyard-documents"))
        return folder.file("built")
    }

    private static func machine() throws -> String {
        try Script("dpkg", ["--print-architecture"]).lines[0]
    }

    private func pack(_ kind: String, in folder: TemporaryFolder, to output: String) throws
        -> String
    {
        let built = try programs(in: folder)
        let ending = try Script("scripts/package", [kind, built, folder.file(output)])
        try #require(ending.status == 0, "\(ending.errors)")
        try FileManager.default.removeItem(atPath: built)
        return try #require(ending.lines.last)
    }

    @Test("a Debian package holds what is installed, and says what it needs")
    func debian() throws {
        let folder = try TemporaryFolder()
        let file = try pack("deb", in: folder, to: "a")
        let machine = try Self.machine()
        #expect(file == folder.file("a/switchyard_\(switchyardVersion)_\(machine).deb"))
        let fields = try Script("dpkg-deb", ["-f", file]).output
        for field in [
            "Package: switchyard", "Version: \(switchyardVersion)", "Architecture: \(machine)",
            "Depends: libc6 (>= ", "Recommends: gnuplot-nox",
        ] {
            #expect(fields.contains("\n" + field) || fields.hasPrefix(field), "\(fields)")
        }
        let extraction = try Script("dpkg-deb", ["-R", file, folder.file("out")])
        #expect(extraction.status == 0, "\(extraction.errors)")
        let sums = try Script(
            "md5sum", ["--check", "--quiet", "DEBIAN/md5sums"], in: folder.file("out"))
        #expect(sums.status == 0, "\(sums.output)")
        let files = folder.files(below: "out/usr")
        let summed = try String(contentsOfFile: folder.file("out/DEBIAN/md5sums"), encoding: .utf8)
        #expect(summed.split(separator: "\n").count == files.count)
        let doc = "share/doc/switchyard"
        for name in [
            "bin/switchyard", "share/man/man1/switchyard-load.1.gz", "\(doc)/copyright",
            "\(doc)/changelog.gz", "share/zsh/vendor-completions/_switchyard",
            "share/switchyard/plots/style.gp", "share/switchyard/Benchmarks/default.json5",
        ] {
            #expect(files.contains(name), "\(name)")
        }
        // dpkg knows its files, and Debian the licence.
        #expect(!files.contains("share/switchyard/installed.txt"))
        #expect(!files.contains("\(doc)/LICENSE"))
        let changelog = try Script(
            "dpkg-parsechangelog",
            ["-l", folder.file("out/usr/\(doc)/changelog.gz"), "-S", "Version"])
        #expect(changelog.output == switchyardVersion + "\n", "\(changelog.errors)")
        let owners = try Script("dpkg-deb", ["-c", file]).lines
        #expect(owners.allSatisfy { $0.contains(" root/root ") })
    }

    @Test("lintian finds nothing wrong", .enabled(if: Programs.isPresent("lintian")))
    func lintian() throws {
        let folder = try TemporaryFolder()
        let file = try pack("deb", in: folder, to: "a")
        // The package is not to enter Debian, so it closes no bug there.
        let ending = try Script(
            "lintian",
            [
                "--allow-root", "--fail-on", "error,warning", "--suppress-tags",
                "initial-upload-closes-no-bugs", file,
            ])
        #expect(ending.status == 0, "\(ending.output)\(ending.errors)")
    }

    @Test("the same programs give the same bytes", arguments: ["deb", "tar"])
    func reproducible(kind: String) throws {
        let folder = try TemporaryFolder()
        let files = [
            try pack(kind, in: folder, to: "a"), try pack(kind, in: folder, to: "b"),
        ]
        #expect(try Script("cmp", files).status == 0)
    }

    @Test("an archive unpacks into one folder that can lie anywhere")
    func archive() throws {
        let folder = try TemporaryFolder()
        let file = try pack("tar", in: folder, to: "a")
        let name = "switchyard-\(switchyardVersion)-linux-\(try Self.machine())"
        #expect(file == folder.file("a/\(name).tar.gz"))
        #expect(try Script("tar", ["-C", folder.path, "-xzf", file]).status == 0)
        let files = folder.files(below: name)
        for file in [
            "bin/switchyard", "share/switchyard/plots/style.gp", "share/man/man1/switchyard.1",
        ] {
            #expect(files.contains(file), "\(file)")
        }
    }

    @Test("the control file is made for each machine", arguments: ["amd64", "arm64"])
    func control(machine: String) throws {
        let ending = try Script(
            "scripts/package", ["control", "libc6 (>= 2.36), libssl3 (>= 3.0.0)"],
            ["ARCH": machine])
        #expect(ending.status == 0)
        for line in [
            "Architecture: \(machine)", "Depends: libc6 (>= 2.36), libssl3 (>= 3.0.0)",
            "Version: \(switchyardVersion)",
        ] {
            #expect(ending.lines.contains(line), "\(ending.output)")
        }
    }

    @Test("programs of another machine, and machines nobody builds for, are refused")
    func machines() throws {
        let folder = try TemporaryFolder()
        let built = try programs(in: folder)
        let other = try Self.machine() == "amd64" ? "arm64" : "amd64"
        let foreign = try Script(
            "scripts/package", ["deb", built, folder.file("a")], ["ARCH": other])
        #expect(foreign.status == 1 && foreign.errors.contains("not for \(other)"))
        let unknown = try Script("scripts/package", ["control"], ["ARCH": "mips"])
        #expect(unknown.status == 1 && unknown.errors.contains("neither amd64 nor arm64"))
        let nothing = try Script("scripts/package", ["deb", "/nonexistent", folder.file("a")])
        #expect(nothing.status == 1 && nothing.errors.contains("build it first"))
        #expect(folder.files(below: "a") == [])
    }
}
