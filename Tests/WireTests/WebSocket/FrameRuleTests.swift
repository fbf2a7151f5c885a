import Basis
import Testing
import Wire

/// The rules of RFC 6455 §5, each with the close code of §7.4.1 that its breach has.
@Suite("WebSocket frames: what is refused")
struct FrameRuleTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let role: WebSocket.Role
        /// Up to the byte that decides.
        let bytes: [UInt8]
        let failure: WebSocket.Failure
        var code: UInt16 = 1002

        var testDescription: String { name }
    }

    private static let key: [UInt8] = [1, 2, 3, 4]

    static let masking = [
        Row(
            name: "unmasked from a client", role: .server, bytes: [0x81, 5], failure: .unmaskedFrame
        ),
        Row(name: "unmasked control", role: .server, bytes: [0x89, 0], failure: .unmaskedFrame),
        Row(
            name: "unmasked behind a good frame", role: .server,
            bytes: RawFrame.masked(0x82, "a") + [0x82, 1], failure: .unmaskedFrame),
        Row(
            name: "masked from a server", role: .client, bytes: [0x82, 0x80],
            failure: .maskedFrame),
        Row(name: "masked close", role: .client, bytes: [0x88, 0x80], failure: .maskedFrame),
    ]

    static let firstBytes =
        [0x10, 0x20, 0x40, 0x50, 0x70].flatMap { (bits: UInt8) in
            [0x81, 0x82, 0x89].map { (first: UInt8) in
                Row(
                    name: "RSV \(bits | first)", role: .server, bytes: [first | bits],
                    failure: .reservedBits)
            }
        }
        + [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF].flatMap { (opcode: UInt8) in
            [0, 0x80].map { (final: UInt8) in
                Row(
                    name: "opcode \(opcode) of \(final)", role: .client, bytes: [opcode | final],
                    failure: .unknownOpcode)
            }
        }

    static let controls = [8, 9, 10].flatMap { (opcode: UInt8) in
        [
            Row(
                name: "fragmented \(opcode)", role: .server, bytes: [opcode],
                failure: .fragmentedControl),
            Row(
                name: "126 bytes in \(opcode)", role: .server, bytes: [0x80 | opcode, 0xFE],
                failure: .longControl),
            Row(
                name: "64-bit length in \(opcode)", role: .client, bytes: [0x80 | opcode, 0x7F],
                failure: .longControl),
        ]
    }

    static let fragments = [
        Row(name: "stray, final", role: .server, bytes: [0x80], failure: .strayContinuation),
        Row(name: "stray", role: .server, bytes: [0x00], failure: .strayContinuation),
        Row(
            name: "stray behind a whole message", role: .server,
            bytes: RawFrame.masked(0x81, "a") + [0x80], failure: .strayContinuation),
        Row(
            name: "stray behind a fragmented message", role: .server,
            bytes: RawFrame.masked(0x01, "a") + RawFrame.masked(0x80, "b") + [0x00],
            failure: .strayContinuation),
        Row(
            name: "text in a text", role: .server, bytes: RawFrame.masked(0x01, "a") + [0x81],
            failure: .interruptedMessage),
        Row(
            name: "binary behind a control in a binary", role: .client,
            bytes: RawFrame.plain(0x02, "a") + RawFrame.plain(0x89, "p") + [0x02],
            failure: .interruptedMessage),
    ]

    static let lengths = [
        Row(
            name: "125 in 16 bits", role: .client, bytes: [0x82, 126, 0, 125],
            failure: .wastefulLength),
        Row(
            name: "0 in 16 bits", role: .server, bytes: [0x82, 0xFE, 0, 0], failure: .wastefulLength
        ),
        Row(
            name: "65535 in 64 bits", role: .client,
            bytes: [0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], failure: .wastefulLength),
        Row(
            name: "the top bit", role: .client, bytes: [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
            failure: .hugeLength),
        Row(
            name: "2^63 - 1", role: .client,
            bytes: [0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            failure: .messageTooLarge, code: 1009),
        Row(
            name: "1001 of 1000", role: .server, bytes: [0x82, 0xFE, 0x03, 0xE9],
            failure: .messageTooLarge, code: 1009),
        Row(
            name: "600 and 401 of 1000", role: .client,
            bytes: RawFrame.plain(0x02, Array(repeating: 1, count: 600)) + [0x80, 126, 0x01, 0x91],
            failure: .messageTooLarge, code: 1009),
        Row(
            name: "three times 400 of 1000", role: .client,
            bytes: RawFrame.plain(0x02, Array(repeating: 1, count: 400))
                + RawFrame.plain(0x00, Array(repeating: 1, count: 400)) + [0x80, 126, 0x01, 0x90],
            failure: .messageTooLarge, code: 1009),
        Row(
            name: "1000 and 1 of 1000", role: .client,
            bytes: RawFrame.plain(0x02, Array(repeating: 1, count: 1_000)) + [0x00, 1],
            failure: .messageTooLarge, code: 1009),
    ]

    static let contents = [
        Row(
            name: "close of one byte", role: .server, bytes: RawFrame.masked(0x88, [3]),
            failure: .badCloseLength),
        Row(
            name: "a reason that is no UTF-8", role: .client,
            bytes: RawFrame.plain(0x88, [0x03, 0xE8, 0xC3]), failure: .invalidText, code: 1007),
        Row(
            name: "text, at the first byte of three", role: .server,
            bytes: RawFrame.masked(0x81, [0x61, 0xC0, 0x61]).dropLast(), failure: .invalidText,
            code: 1007),
        Row(
            name: "text, unfinished", role: .client,
            bytes: RawFrame.plain(0x81, [0x61, 0xE2, 0x82]),
            failure: .invalidText, code: 1007),
        Row(
            name: "text, across fragments", role: .server,
            bytes: RawFrame.masked(0x01, [0xE2]) + RawFrame.masked(0x89, "p")
                + RawFrame.masked(0x00, [0x82]) + RawFrame.masked(0x80, [0x61]),
            failure: .invalidText, code: 1007),
        Row(
            name: "text, unfinished in an empty last fragment", role: .server,
            bytes: RawFrame.masked(0x01, [0xE2, 0x82]) + RawFrame.masked(0x80),
            failure: .invalidText, code: 1007),
    ]

    static let rows = masking + firstBytes + controls + fragments + lengths + contents

    @Test("each rule is held to, with its code, at the byte that decides", arguments: rows)
    func refused(_ row: Row) {
        for cut in 0...row.bytes.count {
            let trace = ReceiverTrace(row.bytes, role: row.role, cuts: [cut], messageLimit: 1_000)
            #expect(trace.steps.last == .failure(row.failure), "cut at \(cut)")
        }
        let early = ReceiverTrace(Array(row.bytes.dropLast()), role: row.role, messageLimit: 1_000)
        let hasFailed = early.steps.contains { if case .failure = $0 { true } else { false } }
        #expect(!hasFailed, "before the byte that decides")
        #expect(row.failure.code.code == row.code)
    }

    @Test(
        "every failure is in the table, and fits a Close frame",
        arguments: WebSocket.Failure.allCases)
    func complete(_ failure: WebSocket.Failure) {
        #expect(Self.rows.contains { $0.failure == failure } || failure == .badCloseCode)
        #expect(failure.code.isForWire)
        var output = ByteQueue()
        WebSocket.FrameWriter.writeClose(failure, to: &output)
        let reason = Array("\(failure.reason)".utf8)
        #expect(
            ReceiverTrace(output.array, role: .client).steps
                == [.close(failure.code.code, reason)])
    }

    @Test("close codes are taken and refused by the registry", arguments: [false, true])
    func closeCodes(hasReason: Bool) {
        let taken = Set([1000...1003, 1007...1014, 3000...4999].joined().map { UInt16($0) })
        let reason = hasReason ? Array("bye".utf8) : []
        for code in UInt16.min ... .max where code < 6_000 || code % 997 == 0 || code > 65_500 {
            let payload = [UInt8(code >> 8), UInt8(code & 0xFF)] + reason
            let trace = ReceiverTrace(RawFrame.masked(0x88, payload), role: .server)
            let expected: ReceiverTrace.Step =
                taken.contains(code) ? .close(code, reason) : .failure(.badCloseCode)
            if trace.steps != [expected] { Issue.record("\(code): \(trace)") }
        }
        #expect(WebSocket.Failure.badCloseCode.code == .protocolError)
    }
}
