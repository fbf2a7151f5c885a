import Basis
import Testing

@testable import switchyard_micro

@Suite("calls in machine code")
struct DisassemblyTests {
    /// What llvm-objdump prints for two functions on x86-64.
    static let listing = """

        a.out:\tfile format elf64-x86-64

        Disassembly of section .text:

        0000000000012340 <$s4main3hotyyF>:
           12340:      \tpushq\t%rbp
           12341:      \tcallq\t0xca60 <swift_release@plt>
           12346:      \tje\t0x12360 <$s4main3hotyyF+0x20>
           1234c:      \tjmp\t0x12341 <$s4main3hotyyF+0x1>
           1234e:      \tcallq\t*0x18(%rax)
           12351:      \tcallq\t*%rcx
           12353:      \tcallq\t*308588(%rip)           # 0x57ff8 <memcpy>
           12355:      \tjmpq\t*%rax
           12357:      \tjmpq\t*0x4000(,%rax,8)
           12359:      \tjmpq\t*0x20(%rax)
           1235b:      \tjmp\t0x12380 <$s4main4coldyyF>
           1235d:      \tmovq\t0x10(%rax), %rdi        # 0x57e08 <call+0x57e08>

        0000000000012380 <$s4main4coldyyF>:
           12380:      \tretq

        """

    @Test("calls and tail calls are found, jumps within a function are not calls")
    func x86() {
        #expect(
            Disassembly.functions(in: Self.listing) == [
                .init(
                    symbol: "$s4main3hotyyF",
                    calls: [
                        .direct("swift_release"), .indirect("*0x18(%rax)"), .indirect("*%rcx"),
                        .direct("memcpy"), .indirect("*0x20(%rax)"), .direct("$s4main4coldyyF"),
                    ]),
                .init(symbol: "$s4main4coldyyF"),
            ])
    }

    @Test("the same on arm64")
    func arm() {
        let listing = """
            0000000000012340 <hot>:
               12340: \tbl\t0xca60 <swift_retain@plt>
               12344: \tblr\tx8
               12348: \tb\t0x12344 <hot+0x4>
               1234c: \tbr\tx9
               12350: \tb\t0x12380 <cold>
            """
        #expect(
            Disassembly.functions(in: listing) == [
                .init(
                    symbol: "hot",
                    calls: [.direct("swift_retain"), .indirect("x8"), .direct("cold")])
            ])
    }

    private static let names = [
        "$sOutlined": "outlined copy of A", "$sTag": "outlined enum get tag of A?",
        "$sElement": "generic specialization <UInt8> of Swift.Span.subscript.getter : (Int) -> A",
    ]

    static let offences: [(call: Disassembly.Call, direct: Bool, indirect: Bool)] = [
        (.direct("swift_retain_n"), true, true), (.direct("swift_release"), true, true),
        (.direct("swift_bridgeObjectRelease"), true, true),
        (.direct("swift_allocObject"), true, true), (.direct("swift_beginAccess"), true, true),
        (.direct("malloc"), true, true), (.direct("$sOutlined"), true, true),
        (.direct("$sElement"), true, true), (.direct("$sTag"), false, false),
        (.direct("memcpy"), false, false), (.direct("swift_willThrow"), false, false),
        (.indirect("*%rax"), true, false),
    ]

    @Test("hidden costs are offences, and indirect calls where that is asked", arguments: offences)
    func judged(call: Disassembly.Call, direct: Bool, indirect: Bool) throws {
        let function = Disassembly.Function(symbol: "hot", calls: [call, call])
        let symbols = try HotSymbol.parse("program direct hot\nprogram indirect hot\n")
        let found = symbols.map { symbol in
            symbol.offences(in: function) { Self.names[$0] ?? $0 }.count
        }
        #expect(found == [direct ? 1 : 0, indirect ? 1 : 0])
    }

    @Test("hot symbols are read line by line")
    func parsing() throws {
        let symbols = try HotSymbol.parse(
            "# comment\n\nswitchyard-server   direct   A.B.next(_: Int)*C\nx indirect y\n")
        #expect(
            symbols == [
                HotSymbol(
                    program: "switchyard-server", forbidsIndirectCalls: true,
                    pattern: "A.B.next(_: Int)*C"),
                HotSymbol(program: "x", forbidsIndirectCalls: false, pattern: "y"),
            ])
        #expect(symbols[0].matches("static A.B.next(_: Int) -> C?"))
        #expect(!symbols[0].matches("C of A.B.next(_: Int)"))
        #expect(!symbols[0].matches("default argument 1 of A.B.next(_: Int) -> C"))
    }

    @Test("malformed lines are refused by number", arguments: ["a b", "a maybe b", "a"])
    func malformed(line: String) {
        let thrown = #expect(throws: Complaint.self) { try HotSymbol.parse("# a\n\(line)") }
        #expect(thrown?.problem == "line 2 of the hot symbols is not understood")
    }
}
