import Basis

/// One line of hot-symbols.txt: functions of a release program that must stay free of hidden costs.
struct HotSymbol: Equatable {
    let program: String
    /// Whether calls through registers and tables are forbidden as well.
    let forbidsIndirectCalls: Bool
    /// Pieces of the demangled name in their order, written with `*` between them.
    let pattern: String

    /// Reads `program direct|indirect pattern` from each line that is neither empty nor a comment.
    static func parse(_ text: String) throws(Complaint) -> [HotSymbol] {
        var symbols: [HotSymbol] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.isEmpty || line.hasPrefix("#") { continue }
            guard words.count == 3, words[1] == "direct" || words[1] == "indirect" else {
                throw Complaint(
                    "line \(index + 1) of the hot symbols is not understood",
                    remedy: "write `program direct|indirect pattern`")
            }
            let pattern = words[2].drop { $0 == " " }
            symbols.append(
                HotSymbol(
                    program: String(words[0]), forbidsIndirectCalls: words[1] == "direct",
                    pattern: String(pattern)))
        }
        return symbols
    }

    func matches(_ demangled: String) -> Bool {
        if demangled.hasPrefix("default argument ") { return false }
        var rest = demangled[...]
        for piece in pattern.split(separator: "*") {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// What `function` calls and must not.
    ///
    /// - Parameter demangle: turns a symbol into its readable name.
    func offences(
        in function: Disassembly.Function, demangle: (String) -> String
    ) -> [String] {
        var seen: Set<Disassembly.Call> = []
        return function.calls.compactMap { call in
            guard seen.insert(call).inserted else { return nil }
            switch call {
            case .direct(let symbol):
                if Self.costs.contains(where: { symbol.hasPrefix($0) }) { return symbol }
                let name = demangle(symbol)
                return Self.isHiddenCost(name) ? name : nil
            case .indirect(let operands):
                return forbidsIndirectCalls ? "indirect call of \(operands)" : nil
            }
        }
    }

    /// Helpers of the compiler's own making that count references, and element access that was left
    /// as a call: the function has grown past what the optimiser still inlines into. To read which
    /// case an enumeration has takes no more than a few instructions.
    private static func isHiddenCost(_ name: String) -> Bool {
        name.hasPrefix("outlined ") && !name.hasPrefix("outlined enum get tag of ")
            || name.contains("Span") && name.contains("subscript.getter")
    }

    /// Entry points of the runtime that count references, allocate, check exclusive access or look
    /// up types (swift/Runtime/HeapObject.h, Exclusivity.h, Metadata.h), by the beginnings of their
    /// names.
    private static let costs = [
        "swift_retain", "swift_release", "swift_bridgeObject", "swift_unknownObject",
        "swift_nonatomic_", "swift_allocObject", "swift_allocBox", "swift_slowAlloc",
        "swift_beginAccess", "swift_dynamicCast", "swift_getGenericMetadata",
        "swift_getWitnessTable", "swift_getAssociatedTypeWitness", "swift_task_",
        "malloc", "calloc", "realloc",
    ]
}
