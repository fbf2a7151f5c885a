import Basis
import Platform
import Secure

/// A stream of records that does to its bytes what TLS will: records that the socket cuts anywhere,
/// several in one receive, bytes that wait in the stream where no readiness of the socket announces
/// them, an opening that wants to read and to write, and input before it is done.
///
/// A record is a length, one byte, and so many bytes. The server begins with a greeting; the peer
/// ends the opening by a record without bytes.
struct RecordStream: StreamTransport, ~Copyable {
    struct Context: Sendable {
        /// Bytes of the greeting: more than a socket takes, and the opening waits for room.
        var greetingBytes = 1
        /// Plaintext that one receive brings at most.
        var cut = Int.max
        /// Whether records in front of the opening's end are input.
        var takesEarly = false
        var application: ApplicationProtocol?
    }

    private let context: Context
    private var greetingLeft: Int
    private var isOpen = false
    /// Received, and not yet given on.
    private var raw = ByteQueue()
    /// A record that is partly sent, and how many of the caller's bytes it holds.
    private var pending = ByteQueue()
    private var pendingPlain = 0
    private var isDry = false

    init(_ context: Context, in workspace: inout NoWorkspace) {
        self.context = context
        greetingLeft = context.greetingBytes
    }

    mutating func open<K: Kernel>(
        on descriptor: borrowing Descriptor, early: Span<UInt8>, with kernel: inout K,
        in workspace: inout NoWorkspace
    ) throws(StreamError) -> OpeningStep {
        while greetingLeft > 0 {
            let piece = [UInt8](repeating: UInt8(ascii: "!"), count: min(greetingLeft, 65_536))
            guard
                case .bytes(let count) = try StreamError.from({ () throws(SystemError) in
                    try kernel.send(piece.span, to: descriptor)
                })
            else {
                return .wants(.writable)
            }
            greetingLeft -= count
        }
        var facts = OpeningFacts()
        facts.application = context.application
        while true {
            if !raw.isEmpty {
                if raw.bytes[0] == 0 {
                    raw.consume(1)
                    isOpen = true
                    return .done(facts)
                }
                if context.takesEarly, hasWholeRecord { return .earlyInput(facts) }
            }
            switch try StreamError.from({ () throws(SystemError) in
                try fill(from: descriptor, with: &kernel)
            }) {
            case .bytes: continue
            case .wouldBlock: return .wants(.readable)
            case .closed: throw .system(SystemError("recv", code: 104))
            }
        }
    }

    private var hasWholeRecord: Bool { !raw.isEmpty && raw.count > Int(raw.bytes[0]) }

    private mutating func fill<K: Kernel>(
        from descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(SystemError) -> Received {
        var received = Received.wouldBlock
        // SAFETY: the room is used only by the call, which fills a part of it.
        _ = try unsafe raw.withFreeSpace(minimum: 4_096) {
            (room: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int in
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: room.prefix(4_096))
            received = try unsafe kernel.receive(from: descriptor, into: part)
            if case .bytes(let count) = received { return count }
            return 0
        }
        isDry = received == .wouldBlock
        return received
    }

    mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K, in workspace: inout NoWorkspace
    ) throws(StreamError) -> StreamInput {
        while !hasWholeRecord {
            switch try StreamError.from({ () throws(SystemError) in
                try fill(from: descriptor, with: &kernel)
            }) {
            case .bytes: continue
            case .wouldBlock: return .nothing
            case .closed: return .closed
            }
        }
        let length = Int(raw.bytes[0])
        if length == 0, !isOpen { return .nothing }
        let count = min(length, buffer.count, context.cut)
        for index in 0..<count {
            // SAFETY: `count` is at most the buffer's size.
            unsafe buffer[index] = raw.bytes[1 + index]
        }
        raw.consume(1 + count)
        if count < length {
            // What is left of the record is a shorter one.
            var rest = ByteQueue()
            rest.append(UInt8(length - count))
            rest.append(raw.bytes)
            swap(&rest, &raw)
        }
        return .bytes(count, isAll: raw.isEmpty && isDry)
    }

    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout NoWorkspace
    ) throws(StreamError) -> Sent {
        var taken = 0
        while true {
            if pending.isEmpty {
                if taken == bytes.count { return .bytes(taken) }
                pendingPlain = min(200, bytes.count - taken)
                pending.append(UInt8(pendingPlain))
                pending.append(bytes.extracting(taken..<(taken + pendingPlain)))
            }
            guard
                case .bytes(let count) = try StreamError.from({ () throws(SystemError) in
                    try kernel.send(pending.bytes, to: descriptor)
                })
            else {
                return taken > 0 ? .bytes(taken) : .wouldBlock
            }
            pending.consume(count)
            if pending.isEmpty { taken += pendingPlain }
        }
    }

    mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout NoWorkspace
    ) {
        kernel.finishSending(on: descriptor)
    }

    // MARK: the peer's side

    /// `text` in records of at most `size` bytes.
    static func records(_ text: String, size: Int = 200) -> [UInt8] {
        var rest = Array(text.utf8)[...]
        var records: [UInt8] = []
        while !rest.isEmpty {
            let part = rest.prefix(size)
            records.append(UInt8(part.count))
            records += part
            rest = rest.dropFirst(part.count)
        }
        return records
    }

    /// What lies in whole records.
    static func text(_ records: [UInt8]) -> String {
        var rest = records[...]
        var bytes: [UInt8] = []
        while let length = rest.first, rest.count > Int(length) {
            bytes += rest.dropFirst().prefix(Int(length))
            rest = rest.dropFirst(1 + Int(length))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
