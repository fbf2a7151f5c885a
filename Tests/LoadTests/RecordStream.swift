import Basis
import Platform
import Secure

/// A stream of records, as TLS is one: a head of kind and length, and a payload that is of no use
/// before it is whole. It cuts what it sends and withholds what it received.
struct RecordStream: StreamTransport, ~Copyable {
    enum Kind {
        static let hello = UInt8(ascii: "h")
        static let early = UInt8(ascii: "e")
        static let finished = UInt8(ascii: "f")
        static let data = UInt8(ascii: "d")
        static let ticket = UInt8(ascii: "t")

        /// A record; its payload is not readable by accident.
        static func record(_ kind: UInt8, _ payload: some Collection<UInt8>) -> [UInt8] {
            [kind, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload.map { ~$0 }
        }
    }

    struct Context: Sendable {
        /// Payload of the records that are sent, at most.
        var recordBytes = 16_384
        /// What is asked of the kernel at a time.
        var kernelBytes = 16_384
        var earlyBytes = 0
        /// Whether a ticket is to be had behind the opening.
        var wantsTicket = false
        /// Counts the receives that brought something, by the connection that they were on.
        var log: ReceiveLog?
    }

    private enum Phase { case fresh, helloSent, open }

    private let context: Context
    private let number: Int
    private var phase = Phase.fresh
    /// Records that the kernel has not taken whole, and what of the caller's bytes is in them.
    private var output: [UInt8] = []
    private var outputPlain = 0
    /// What the kernel gave and no receive has brought yet.
    private var raw: [UInt8] = []
    private var plain: ArraySlice<UInt8> = []
    private var sentEarly = 0
    private var acceptedEarly = false
    private var hasTicket = false

    init(_ context: Context, in workspace: inout NoWorkspace) {
        self.context = context
        number = context.log?.enter() ?? 0
    }

    var earlyRoom: Int { context.earlyBytes }
    var awaitsTicket: Bool { context.wantsTicket && acceptedEarly && !hasTicket }

    mutating func open<K: Kernel>(
        on descriptor: borrowing Descriptor, early: Span<UInt8>, with kernel: inout K,
        in workspace: inout NoWorkspace
    ) throws(StreamError) -> OpeningStep {
        while true {
            if try !flush(descriptor, with: &kernel) { return .wants(.writable) }
            switch phase {
            case .fresh:
                output = Kind.record(Kind.hello, [])
                sentEarly = early.count
                if sentEarly > 0 {
                    output += Kind.record(Kind.early, (0..<early.count).map { early[$0] })
                }
                phase = .helloSent
            case .helloSent:
                guard let (_, payload) = takeRecord() else {
                    if try fill(descriptor, with: &kernel) == .bytes(0, isAll: true) {
                        return .wants(.readable)
                    }
                    continue
                }
                acceptedEarly = payload.first == 1
                output = Kind.record(Kind.finished, [])
                phase = .open
            case .open:
                var facts = OpeningFacts()
                facts.isSecure = true
                facts.isResumed = sentEarly > 0
                if sentEarly > 0 { facts.early = acceptedEarly ? .accepted : .rejected }
                facts.earlyBytes = acceptedEarly ? sentEarly : 0
                return .done(facts)
            }
        }
    }

    /// One record's bytes at most, whatever else there is.
    mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K, in workspace: inout NoWorkspace
    ) throws(StreamError) -> StreamInput {
        while plain.isEmpty {
            if let (kind, payload) = takeRecord() {
                if kind == Kind.ticket { hasTicket = true } else { plain = payload[...] }
                continue
            }
            switch try fill(descriptor, with: &kernel) {
            case .bytes(0, _), .nothing: return .nothing
            case .closed, .cutOff: return .closed
            case .bytes: continue
            }
        }
        let count = min(plain.count, buffer.count)
        // SAFETY: `count` is no more than the buffer holds.
        unsafe buffer.copyBytes(from: plain.prefix(count))
        plain = plain.dropFirst(count)
        context.log?.note(number)
        return .bytes(count, isAll: plain.isEmpty && !hasRecord)
    }

    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout NoWorkspace
    ) throws(StreamError) -> Sent {
        if outputPlain == 0 {
            outputPlain = min(bytes.count, context.recordBytes)
            output = Kind.record(Kind.data, (0..<outputPlain).map { bytes[$0] })
        }
        // As of OpenSSL, a record that would block must be sent again, the same bytes.
        if try !flush(descriptor, with: &kernel) { return .wouldBlock }
        defer { outputPlain = 0 }
        return .bytes(outputPlain)
    }

    mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout NoWorkspace
    ) {
        kernel.finishSending(on: descriptor)
    }

    mutating func end<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout NoWorkspace
    ) {
        context.log?.noteEnd(hasTicket: hasTicket)
    }

    /// Says whether everything has gone.
    private mutating func flush<K: Kernel>(
        _ descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(StreamError) -> Bool {
        while !output.isEmpty {
            guard
                case .bytes(let count) = try StreamError.from({ () throws(SystemError) in
                    try kernel.send(output.span, to: descriptor)
                })
            else {
                return false
            }
            output.removeFirst(count)
        }
        return true
    }

    /// Asks the kernel once; no bytes where it would block.
    private mutating func fill<K: Kernel>(
        _ descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(StreamError) -> StreamInput {
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: context.kernelBytes, alignment: 1)
        defer { unsafe room.deallocate() }
        // SAFETY: the buffer lives until the end of this function.
        let received = try StreamError.from { () throws(SystemError) in
            try unsafe kernel.receive(from: descriptor, into: room)
        }
        switch received {
        case .bytes(let count):
            unsafe raw.append(contentsOf: room[..<count])
            return .bytes(count, isAll: true)
        case .wouldBlock: return .bytes(0, isAll: true)
        case .closed: return .closed
        }
    }

    private var hasRecord: Bool {
        raw.count >= 3 && raw.count >= 3 + (Int(raw[1]) << 8 | Int(raw[2]))
    }

    private mutating func takeRecord() -> (kind: UInt8, payload: [UInt8])? {
        if !hasRecord { return nil }
        let end = 3 + (Int(raw[1]) << 8 | Int(raw[2]))
        defer { raw.removeFirst(end) }
        return (raw[0], raw[3..<end].map { ~$0 })
    }
}

/// Which connections were received from, in their order.
final class ReceiveLog: @unchecked Sendable {
    // One thread runs a generator and its streams.
    private(set) var numbers: [Int] = []
    private var entered = 0

    func enter() -> Int {
        entered += 1
        return entered - 1
    }

    func note(_ number: Int) { numbers.append(number) }

    /// Connections that ended, with a ticket or without one.
    private(set) var ends = (with: 0, without: 0)

    func noteEnd(hasTicket: Bool) {
        if hasTicket { ends.with += 1 } else { ends.without += 1 }
    }
}

/// The server's side of the records, in front of one that answers requests of a fixed length.
final class RecordServer: @unchecked Sendable {
    // One thread runs a generator and this server.
    typealias Action = VirtualWorld.Action

    /// Payload of the records that answers come in.
    var recordBytes = 16_384
    /// What of an answer's records comes at a time, a tenth of a millisecond after the last.
    var pieceBytes = Int.max
    var acceptsEarly = false
    /// What is answered instead of `answer` to what came early.
    var earlyAnswer: [UInt8]?
    /// How long after the opening's end a ticket is sent; nil sends none.
    var ticketDelay: Nanoseconds?
    var answer: (_ connection: Int) -> [UInt8] = { _ in WireText.ok }
    var delay = Nanoseconds.milliseconds(1)
    /// How long the server's part of the opening takes.
    var openingTime = Nanoseconds.zero
    /// What the first bytes are that come with the server's part of the opening.
    var greeting: [UInt8] = []
    /// All that the requests' side of each connection was told.
    private(set) var told: [Int: [UInt8]] = [:]
    private(set) var early = 0
    /// Records that requests came in.
    private(set) var records = 0
    private var unread: [Int: [UInt8]] = [:]
    private var isGreeted: Set<Int> = []

    init(_ world: VirtualWorld) {
        world.hear = { [self] connection, bytes, _ in hear(connection, bytes) }
    }

    private func hear(_ connection: Int, _ bytes: [UInt8]) -> [Action] {
        var input = unread[connection, default: []] + bytes
        var actions: [Action] = []
        while input.count >= 3, input.count >= 3 + (Int(input[1]) << 8 | Int(input[2])) {
            let end = 3 + (Int(input[1]) << 8 | Int(input[2]))
            let payload = input[3..<end].map { ~$0 }
            let kind = input[0]
            input.removeFirst(end)
            switch kind {
            case RecordStream.Kind.hello:
                let reply = RecordStream.Kind.record(
                    RecordStream.Kind.hello, [acceptsEarly ? 1 : 0])
                actions.append(.send(reply + records(greeting), after: openingTime))
            case RecordStream.Kind.early:
                early += 1
                if acceptsEarly { actions += take(connection, payload, earlyAnswer) }
            case RecordStream.Kind.finished:
                if let ticketDelay {
                    actions.append(
                        .send(
                            RecordStream.Kind.record(RecordStream.Kind.ticket, []),
                            after: ticketDelay))
                }
            case RecordStream.Kind.data:
                records += 1
                actions += take(connection, payload)
            default: break
            }
        }
        unread[connection] = input
        return actions
    }

    private func take(
        _ connection: Int, _ payload: [UInt8], _ other: [UInt8]? = nil
    ) -> [Action] {
        let before = told[connection, default: []].count / WireText.request.count
        told[connection, default: []] += payload
        let after = told[connection, default: []].count / WireText.request.count
        let answers = (before..<after).flatMap { _ in records(other ?? answer(connection)) }
        return stride(from: 0, to: answers.count, by: pieceBytes).enumerated().map { piece in
            let end = min(answers.count - piece.element, pieceBytes) + piece.element
            return .send(
                Array(answers[piece.element..<end]),
                after: delay + Nanoseconds.microseconds(100) * Int64(piece.offset))
        }
    }

    private func records(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: recordBytes).flatMap { start in
            RecordStream.Kind.record(
                RecordStream.Kind.data, bytes[start..<min(bytes.count, start + recordBytes)])
        }
    }

    /// Whether every connection was told whole requests in order, no byte twice and none left out,
    /// but for the last one of each.
    var wasToldRequests: Bool {
        told.values.allSatisfy { bytes in
            bytes.enumerated().allSatisfy {
                $0.element == WireText.request[$0.offset % WireText.request.count]
            }
        }
    }

    var requests: Int {
        told.values.reduce(0) { $0 + $1.count / WireText.request.count }
    }
}
