/// The calls of machine code as `llvm-objdump --disassemble` prints it, for x86-64 and arm64.
enum Disassembly {
    struct Function: Equatable {
        /// As the linker knows it.
        let symbol: String
        var calls: [Call] = []
    }

    enum Call: Equatable, Hashable {
        /// Of a symbol, without its `@plt`.
        case direct(String)
        /// Through a register or a table; the instruction's operands.
        case indirect(String)
    }

    /// The functions in `text`, each with what it calls or leaves for good by a jump.
    static func functions(in text: String) -> [Function] {
        var functions: [Function] = []
        for line in text.split(separator: "\n") {
            if let symbol = header(line) {
                functions.append(Function(symbol: symbol))
            } else if let last = functions.last, let call = call(in: line, of: last.symbol) {
                functions[functions.count - 1].calls.append(call)
            }
        }
        return functions
    }

    /// The name in `000000000000ca60 <name>:`.
    private static func header(_ line: Substring) -> String? {
        guard line.hasSuffix(">:"), line.first?.isHexDigit == true,
            let start = line.firstIndex(of: "<")
        else { return nil }
        return String(line[line.index(after: start)...].dropLast(2))
    }

    /// The call in `  ca70:  callq  0x1234 <swift_release@plt>`, if it is one.
    private static func call(in line: Substring, of function: String) -> Call? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let words = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
        guard let mnemonic = words.first else { return nil }
        let operands = words.dropFirst().joined(separator: " ")
        let target = symbol(in: operands)
        switch mnemonic {
        case "call", "callq", "bl":
            if operands.hasPrefix("*") { return target.map { .direct($0) } ?? .indirect(operands) }
            return .direct(target ?? operands)
        case "blr", "blraa", "blrab":
            return .indirect(operands)
        case "jmp", "jmpq", "b":
            if operands.hasPrefix("*") { return leap(operands) }
            guard let target, target != function else { return nil }
            return .direct(target)
        default:
            return nil
        }
    }

    /// A jump through memory leaves the function; one through a register, or through a table with
    /// an index, is how a `switch` goes on inside it.
    private static func leap(_ operands: String) -> Call? {
        let isSwitch = !operands.contains("(") || operands.contains(",")
        return isSwitch ? nil : .indirect(operands)
    }

    /// The name in `0x1234 <name@plt>` or `<name+0x12>`.
    private static func symbol(in operands: String) -> String? {
        guard let start = operands.lastIndex(of: "<"), let end = operands.lastIndex(of: ">"),
            start < end
        else { return nil }
        let name = operands[operands.index(after: start)..<end]
        return String(name.prefix { $0 != "+" }.replacing("@plt", with: ""))
    }
}
