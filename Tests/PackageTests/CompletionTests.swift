import Basis
import Foundation
import TestSupport
import Testing

@Suite("completions complete")
struct CompletionTests {
    /// What bash is offered for a command line that ends where the cursor is.
    private func bash(_ line: String, in folder: TemporaryFolder) throws -> [String] {
        let program = String(line.prefix { $0 != " " })
        let file = try Documented.write("bash", of: program, as: "\(program).bash", to: folder)
        let text = #"""
            source "$FILE"
            COMP_LINE=$LINE COMP_POINT=${#LINE}
            read -ra COMP_WORDS <<<"$LINE"
            if [[ $LINE == *" " ]]; then COMP_WORDS+=(""); fi
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            "_${PROGRAM//-/_}"
            printf '%s\n' "${COMPREPLY[@]}"
            """#
        let ending = try Script.shell(
            text,
            [
                "FILE": file, "LINE": line, "PROGRAM": program,
                "PATH": try folderPart(of: Programs.own("switchyard")) + ":/usr/bin:/bin",
            ], in: folder.path)
        #expect(ending.errors == "", "\(line)")
        return ending.lines
    }

    private func fish(_ line: String, in folder: TemporaryFolder) throws -> [String] {
        let program = String(line.prefix { $0 != " " })
        let file = try Documented.write("fish", of: program, as: "\(program).fish", to: folder)
        let ending = try Script(
            "fish", ["--no-config", "-c", "source $FILE; complete -C $LINE"],
            [
                "FILE": file, "LINE": line, "HOME": folder.path,
                "PATH": try folderPart(of: Programs.own("switchyard")) + ":/usr/bin:/bin",
            ], in: folder.path)
        #expect(ending.errors == "", "\(line)")
        return ending.lines.map { String($0.prefix { $0 != "\t" }) }
    }

    @Test("bash offers each option of each table", arguments: Documented.all)
    func bashOptions(_ documented: Documented) throws {
        let offered = try bash("\(documented.call) -", in: try TemporaryFolder())
        #expect(Set(offered) == documented.spellings)
        #expect(offered.count == documented.spellings.count)
    }

    @Test(
        "fish offers each option of each table", .enabled(if: Programs.isPresent("fish")),
        arguments: Documented.all)
    func fishOptions(_ documented: Documented) throws {
        let offered = Set(try fish("\(documented.call) --", in: try TemporaryFolder()))
        // A value may stand behind the name in the same word.
        let names = Set(offered.map { $0.last == "=" ? String($0.dropLast()) : $0 })
        #expect(names == documented.spellings.filter { $0.hasPrefix("--") })
    }

    @Test(
        "what may stand there is offered",
        arguments: [
            ("switchyard-load --keepalive ", ["on", "off"]),
            ("switchyard-load --keepalive of", ["off"]),
            ("switchyard-load --json re", ["report.json", "results"]),
            ("switchyard-load --rate ", []),
            ("switchyard-server --pattern readers:", ["readers:direct", "readers:queue"]),
            ("switchyard compar", ["compare"]), ("switchyard help zz", []),
            ("switchyard help doc", ["doctor"]),
            ("switchyard report re", ["report.json", "results"]),
            ("switchyard run --results re", ["results"]), ("switchyard run satu", ["saturation"]),
            ("switchyard-server ", []),
        ] as [(String, [String])])
    func offers(line: String, words: [String]) throws {
        let folder = try TemporaryFolder()
        try folder.write("", "report.json")
        try folder.write("", "results/run")
        let inBash = try bash(line, in: folder)
        // Bash has the part before the last colon already.
        let colon = line.contains(":")
        #expect(
            Set(inBash) == Set(words.map { colon ? String($0.split(separator: ":")[1]) : $0 }))
        if Programs.isPresent("fish") {
            let inFish = try fish(line, in: folder).map {
                $0.last == "/" ? String($0.dropLast()) : $0
            }
            #expect(Set(words).isSubset(of: inFish), "\(inFish)")
            if words.isEmpty { #expect(inFish.isEmpty) }
        }
    }

    @Test("bash takes a value that is part of the option's word")
    func attached() throws {
        let folder = try TemporaryFolder()
        #expect(try bash("switchyard-load --keepalive=o", in: folder) == ["on", "off"])
        let patterns = try bash("switchyard-server --pattern=readers:d", in: folder)
        #expect(patterns == ["direct"])
    }

    @Test(
        "the shells read them without complaint", arguments: ["bash", "zsh", "fish"],
        Documented.programs)
    func syntax(shell: String, program: String) throws {
        guard Programs.isPresent(shell) else { return }
        let folder = try TemporaryFolder()
        let file = try Documented.write(shell, of: program, as: program, to: folder)
        let ending = try Script(shell, ["-n", file], ["HOME": folder.path])
        #expect(ending.status == 0 && ending.errors == "", "\(ending.errors)")
    }

    /// Types into a shell on a terminal, as a user does: the completed line runs a function in the
    /// program's place, which tells what it was given.
    private static let typing = #"""
        import os, pty, sys
        shell, prepare, typed, wanted = sys.argv[1:]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp(shell, {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell])
        seen = b""
        def until(text):
            global seen
            while text not in seen:
                seen += os.read(terminal, 4096)
            seen = seen[seen.index(text) + len(text):]
        def type(text):
            os.write(terminal, text.encode())
        try:
            type(prepare + "; PS1='rea''dy>'\n")
            until(b"ready>")
            for line in typed.split("|"):
                type(line + "\t\n")
            until(wanted.encode())
            print("completed")
        except OSError:
            print(seen)
        os.close(terminal)
        """#

    @Test(
        "a word typed into the shell itself is completed",
        .enabled(if: Programs.isPresent("python3")),
        arguments: [
            ("bash", "switchyard-load --connection-r", "<--connection-rate>"),
            ("bash", "switchyard-server --pattern readers:q", "<--pattern><readers:queue>"),
            ("bash", "switchyard valid", "<validate>"),
            ("zsh", "switchyard-load --connection-r", "<--connection-rate"),
            ("zsh", "switchyard-server --pattern readers:q", "<--pattern><readers:queue>"),
            ("zsh", "switchyard valid", "<validate>"),
            ("zsh", "switchyard run --no-p", "<run><--no-plots>"),
        ])
    func typed(shell: String, line: String, wanted: String) throws {
        guard Programs.isPresent(shell) else { return }
        let folder = try TemporaryFolder()
        let program = String(line.prefix { $0 != " " })
        let file = try Documented.write(shell, of: program, as: "_\(program)", to: folder)
        let show = "\(program)() { printf '<%s>' \"$@\"; }"
        let prepare =
            shell == "bash"
            ? "\(show); source '\(file)'"
            : "fpath=('\(folder.path)' $fpath); autoload -Uz compinit; "
                + "compinit -u -d '\(folder.file("dump"))'; \(show)"
        let ending = try Script(
            "python3", ["-c", Self.typing, shell, prepare, line, wanted],
            ["TERM": "dumb", "HOME": folder.path, "LC_ALL": "C.UTF-8"], in: folder.path)
        #expect(ending.output == "completed\n", "\(ending.output) \(ending.errors)")
    }
}
