import Basis
import Foundation
import Platform

/// `switchyard-micro asm-check`: what the hot functions call, read from the machine code itself.
enum AssemblyCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro asm-check",
        summary: "Proves that hot functions count no references and allocate nothing.",
        options: [
            OptionSpec(
                "symbols", value: "FILE",
                help: "the functions (Benchmarks/Micro/hot-symbols.txt)"),
            OptionSpec("calls", help: "list what each function calls"),
        ],
        epilogue: "exit status: 0 all clean, 10 a function is not clean or not there")

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let path = options.text("symbols") ?? "Benchmarks/Micro/hot-symbols.txt"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Complaint(
                "\(path) can't be read", remedy: "run this at the root of the repository")
        }
        let symbols = try HotSymbol.parse(text)
        var failures = 0
        var functions = 0
        for program in Set(symbols.map(\.program)).sorted() {
            let binary = try Binary(Programs.built(program))
            for symbol in symbols where symbol.program == program {
                let verdicts = try binary.verdicts(on: symbol)
                functions += verdicts.count
                if verdicts.isEmpty {
                    failures += 1
                    print("FAIL  \(program): nothing matches '\(symbol.pattern)'")
                }
                for verdict in verdicts {
                    let isClean = verdict.offences.isEmpty
                    failures += isClean ? 0 : 1
                    print("\(isClean ? "ok   " : "FAIL ") \(program): \(verdict.name)")
                    for offence in verdict.offences { print("        calls \(offence)") }
                    if options.has("calls") {
                        for call in verdict.calls { print("        \(call)") }
                    }
                }
            }
        }
        print(
            failures == 0
                ? "asm-check: \(functions) hot functions are clean"
                : "asm-check: \(failures) findings in \(functions) hot functions")
        return failures == 0 ? .success : .regression
    }

    private struct Verdict {
        let name: String
        let offences: [String]
        let calls: [String]
    }

    /// The symbols of one program.
    private struct Binary {
        let path: String
        /// Readable names of all functions, by symbol.
        let names: [String: String]

        init(_ path: String) throws(Complaint) {
            self.path = path
            let listing = try Tool.nm.output(["--defined-only", path])
            let symbols = listing.split(separator: "\n").compactMap { line -> String? in
                let words = line.split(separator: " ")
                return words.count == 3 && "tTwW".contains(words[1]) ? String(words[2]) : nil
            }
            names = try Self.demangled(Array(Set(symbols)))
        }

        func verdicts(on hot: HotSymbol) throws(Complaint) -> [Verdict] {
            let matching = names.filter { hot.matches($0.value) }.keys.sorted()
            if matching.isEmpty { return [] }
            let text = try Tool.objdump.output([
                "--no-show-raw-insn", "--disassemble-symbols=\(matching.joined(separator: ","))",
                path,
            ])
            return Disassembly.functions(in: text).map { function in
                func name(_ symbol: String) -> String { names[symbol] ?? symbol }
                return Verdict(
                    name: name(function.symbol),
                    offences: hot.offences(in: function, demangle: name),
                    calls: function.calls.map {
                        switch $0 {
                        case .direct(let symbol): name(symbol)
                        case .indirect(let operands): "indirect \(operands)"
                        }
                    })
            }
        }

        private static func demangled(_ symbols: [String]) throws(Complaint) -> [String: String] {
            var names: [String: String] = [:]
            // A command line has room for some megabytes (execve(2)); these are a few hundred
            // kilobytes.
            let batch = 1_000
            for start in stride(from: 0, to: symbols.count, by: batch) {
                let part = Array(symbols[start..<min(start + batch, symbols.count)])
                let lines = try Tool.demangle.output(["--compact", "--"] + part)
                    .split(separator: "\n")
                guard lines.count == part.count else {
                    throw Complaint(
                        "swift-demangle gave \(lines.count) names for \(part.count)",
                        remedy: "look for a symbol with a newline", status: .failure)
                }
                for (symbol, name) in zip(part, lines) { names[symbol] = String(name) }
            }
            return names
        }
    }

    /// The toolchain's own tools, which know what its compiler wrote.
    private enum Tool: String {
        case nm = "llvm-nm"
        case objdump = "llvm-objdump"
        case demangle = "swift-demangle"

        func output(_ arguments: [String]) throws(Complaint) -> String {
            let swift = Programs.system("swift").map { URL(filePath: $0).resolvingSymlinksInPath() }
            let beside = swift?.deletingLastPathComponent().appending(path: rawValue).path
            guard
                let program = [beside, Programs.system(rawValue)].compactMap({ $0 })
                    .first(where: { FileManager.default.isExecutableFile(atPath: $0) })
            else {
                throw Complaint(
                    "\(rawValue) is missing", remedy: "it comes with the Swift toolchain",
                    status: .failure)
            }
            return try Programs.output(
                of: SpawnOptions(program, arguments), within: .seconds(120)
            ).text
        }
    }
}
