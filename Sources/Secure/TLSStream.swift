// Hot path
import Basis
import COpenSSL
package import Platform

/// A stream of TLS (RFC 8446, RFC 5246), by OpenSSL. The library sees no socket: what came is put
/// before it, and what it makes is sent in one call for each event.
@safe
package struct TLSStream: StreamTransport, ~Copyable {
    private enum Phase: BitwiseCopyable {
        case fresh
        /// The handshake is under way.
        case opening
        /// It is done, and its last bytes have perhaps not been sent.
        case agreed
        case open
        /// The peer was told that nothing more will be sent.
        case finished
        /// Nothing can be said any more.
        case broken
    }

    private let ssl: OpaquePointer
    private let context: TLSContext
    private var phase = Phase.fresh
    /// The peer has said that nothing more comes.
    private var hasPeerFinished = false
    /// The last receive's room was used up: there may be more in the library.
    private var mayHoldPlain = false
    /// Found behind bytes that were given on first.
    private var fault: TLSFault?
    /// Received, and not yet decrypted.
    private var held = ByteQueue()
    /// Encrypted, and not yet taken by the socket.
    private var pending = ByteQueue()
    /// How many of the caller's bytes are in `pending`. They are his until all of it is sent.
    private var pendingPlain = 0
    /// A client's: how many bytes may go out before the handshake is done.
    package private(set) var earlyRoom = 0
    /// How many did.
    private var sentEarly = 0
    /// A server's: came before the handshake was done, and not yet received.
    private var early = ByteQueue()
    private var readsEarly: Bool
    /// The caller's last word came within the handshake, and is said behind it.
    private var finishesLater = false

    package init(_ context: TLSContext, in workspace: inout TLSWorkspace) {
        self.context = context
        readsEarly = context.takesEarly
        // SAFETY: the connection belongs to this value alone.
        unsafe ssl = context.makeConnection()
        if context.handshake != .full, let session = unsafe workspace.takeTicket() {
            // SAFETY: the session is this function's; the connection takes a reference of its own.
            if unsafe SSL_set_session(ssl, session) == 1, context.handshake == .early {
                earlyRoom = unsafe min(
                    Int(SSL_SESSION_get_max_early_data(session)), Limit.earlyBytes)
            }
            unsafe SSL_SESSION_free(session)
        }
    }

    deinit {
        // SAFETY: freed once. To the library, a connection that was not shut down in order spoils
        // its session (SSL_shutdown(3)), whatever the reason.
        unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(ssl)
    }

    package static func makeWorkspace() -> TLSWorkspace { TLSWorkspace() }

    package mutating func move(to workspace: inout TLSWorkspace) {
        if phase == .fresh { return }
        // SAFETY: both live; the connection counts its references to the way.
        if unsafe SSL_get_rbio(ssl) != workspace.bio { unsafe copenssl_use(ssl, workspace.bio) }
    }

    // MARK: the opening

    @inline(never)
    package mutating func open<K: Kernel>(
        on descriptor: borrowing Descriptor, early offered: Span<UInt8>, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) throws(StreamError) -> OpeningStep {
        var isOffering = false
        if phase == .fresh {
            // SAFETY: both live; the connection counts its references to the way.
            unsafe copenssl_use(ssl, workspace.bio)
            phase = .opening
            isOffering = !offered.isEmpty && earlyRoom > 0
        }
        var received = 0
        while true {
            guard try flush(to: descriptor, with: &kernel) else { return wants(.writable) }
            if phase == .agreed { return .done(opened(descriptor, with: &kernel, in: &workspace)) }
            let step =
                isOffering ? offer(offered, in: &workspace) : advance(received, in: &workspace)
            isOffering = false
            received = 0
            if case .failed = step {
                throw broke(unsafe TLSFault(of: ssl), descriptor, with: &kernel, in: &workspace)
            }
            // The first flight and what goes with it leave in one call: on a SYN there is no other.
            let isSent = try sendOutput(to: descriptor, with: &kernel, in: &workspace)
            if case .goesOn = step { continue }
            if case .agreed = step {
                phase = .agreed
                guard unsafe context.accepts(ssl) else {
                    throw broke(
                        TLSFault(.otherProtocol), descriptor, with: &kernel, in: &workspace)
                }
                continue
            }
            if !isSent { return wants(.writable) }
            switch try Self.fill(&workspace, from: descriptor, with: &kernel) {
            case .bytes(let count): received = count
            case .wouldBlock: return wants(.readable)
            case .closed:
                phase = .broken
                throw .secure(TLSFault(.cutOff))
            }
        }
    }

    /// What a call into the library within the handshake comes to.
    private enum Step {
        case goesOn, wantsInput, agreed, failed
    }

    /// Goes on with the handshake by what was received.
    private mutating func advance(_ received: Int, in workspace: inout TLSWorkspace) -> Step {
        if readsEarly { return takeEarly(received, in: &workspace) }
        let outcome = unsafe feed(received, in: &workspace) { ssl, _ in
            // SAFETY: the connection is alive.
            unsafe copenssl_handshake(ssl)
        }
        switch outcome {
        case SSL_ERROR_NONE: return .agreed
        case SSL_ERROR_WANT_READ: return .wantsInput
        default: return .failed
        }
    }

    /// A client's first flight, with what it offers.
    private mutating func offer(
        _ offered: Span<UInt8>, in workspace: inout TLSWorkspace
    ) -> Step {
        let bytes = offered.extracting(first: min(offered.count, earlyRoom))
        sentEarly = unsafe feed(0, in: &workspace) { ssl, _ in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                // SAFETY: the library reads as many bytes as the span has, which outlives the call.
                unsafe copenssl_write_early(ssl, bytes.baseAddress, bytes.count)
            }
        }
        return sentEarly == bytes.count ? .goesOn : .failed
    }

    /// A server's first flights: what comes behind the client's first words is early, up to a
    /// border that the client marks.
    private mutating func takeEarly(_ received: Int, in workspace: inout TLSWorkspace) -> Step {
        var outcome = SSL_ERROR_NONE
        var count = 0
        var result = SSL_READ_EARLY_DATA_ERROR
        var queue = ByteQueue()
        swap(&queue, &early)
        _ = unsafe queue.withFreeSpace(minimum: Limit.earlyBytes) { room in
            result = unsafe feed(received, in: &workspace) { ssl, _ in
                // SAFETY: the room is as long as it says, and used by the call alone.
                unsafe copenssl_read_early(ssl, room.baseAddress, room.count, &count, &outcome)
            }
            return count
        }
        if queue.isEmpty { queue.releaseStorage() }
        swap(&queue, &early)
        switch result {
        case SSL_READ_EARLY_DATA_SUCCESS: return .goesOn
        case SSL_READ_EARLY_DATA_FINISH:
            readsEarly = false
            return .goesOn
        default: return outcome == SSL_ERROR_WANT_READ ? .wantsInput : .failed
        }
    }

    /// What an opening that can't go on waits for; input of the caller's comes first.
    private func wants(_ interest: Interest) -> OpeningStep {
        early.isEmpty ? .wants(interest) : .earlyInput(facts)
    }

    private mutating func opened<K: Kernel>(
        _ descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout TLSWorkspace
    ) -> OpeningFacts {
        phase = .open
        // SAFETY: the connection is alive.
        unsafe context.note(ssl)
        if finishesLater { finishSending(on: descriptor, with: &kernel, in: &workspace) }
        return facts
    }

    private var facts: OpeningFacts {
        var facts = OpeningFacts()
        facts.isSecure = true
        // SAFETY: the connection is alive.
        facts.application = unsafe TLSContext.application(of: ssl)
        facts.isResumed = unsafe SSL_session_reused(ssl) == 1
        switch unsafe SSL_get_early_data_status(ssl) {
        case SSL_EARLY_DATA_ACCEPTED:
            facts.early = .accepted
            facts.earlyBytes = sentEarly
        case SSL_EARLY_DATA_REJECTED: facts.early = .rejected
        default: break
        }
        return facts
    }

    /// After early data, the answer comes a round trip before the tickets, which follow the
    /// client's last word.
    package var awaitsTicket: Bool {
        // SAFETY: the connection is alive.
        unsafe phase == .open && sentEarly > 0 && !hasPeerFinished
            && SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED
            && copenssl_brought_ticket(ssl) == 0
    }

    // MARK: input

    @inline(never)
    package mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K, in workspace: inout TLSWorkspace
    ) throws(StreamError) -> StreamInput {
        if let fault { throw broke(fault, descriptor, with: &kernel, in: &workspace) }
        if !early.isEmpty { return unsafe takeEarlyInput(into: buffer) }
        if phase == .opening { return .nothing }
        if hasPeerFinished { return .closed }
        while true {
            var received = 0
            var isDrained = false
            if held.isEmpty, !mayHoldPlain {
                switch try Self.fill(&workspace, from: descriptor, with: &kernel) {
                case .bytes(let count):
                    received = count
                    // A receive that leaves room has emptied the socket (epoll(7)).
                    isDrained = count < Limit.receivedBytes
                case .wouldBlock: return .nothing
                case .closed:
                    hasPeerFinished = true
                    return .cutOff
                }
            }
            var outcome = SSL_ERROR_NONE
            let count = unsafe feed(received, in: &workspace) { ssl, io in
                // SAFETY: the caller's buffer is as long as it says.
                unsafe copenssl_read(ssl, io, buffer.baseAddress, buffer.count, &outcome)
            }
            if workspace.output.count > 0 {
                // The answer to a change of keys. What the socket does not take goes in front of
                // what is sent next, as it has to (RFC 8446 §4.6.3).
                _ = try sendOutput(to: descriptor, with: &kernel, in: &workspace)
            }
            mayHoldPlain = outcome == SSL_ERROR_NONE
            switch outcome {
            case SSL_ERROR_NONE: return .bytes(count, isAll: false)
            case SSL_ERROR_WANT_READ:
                if count > 0 { return .bytes(count, isAll: isDrained && held.isEmpty) }
                if isDrained { return .nothing }
            case SSL_ERROR_ZERO_RETURN:
                hasPeerFinished = true
                return count > 0 ? .bytes(count, isAll: false) : .closed
            default:
                let fault = unsafe TLSFault(of: ssl)
                if count == 0 { throw broke(fault, descriptor, with: &kernel, in: &workspace) }
                self.fault = fault
                return .bytes(count, isAll: false)
            }
        }
    }

    /// Gives what came early. Behind the opening, more may have come with it.
    @inline(never)
    private mutating func takeEarlyInput(
        into buffer: UnsafeMutableRawBufferPointer
    ) -> StreamInput {
        let count = min(buffer.count, early.count)
        // SAFETY: both have at least that many bytes, and the queue is not changed meanwhile.
        unsafe buffer.baseAddress!.copyMemory(
            from: early.unsafeBytes.baseAddress!, byteCount: count)
        early.consume(count)
        if early.isEmpty { early.releaseStorage() }
        return .bytes(count, isAll: phase == .opening && early.isEmpty)
    }

    /// Receives once, for the library to be fed with.
    @inline(always)
    private static func fill<K: Kernel>(
        _ workspace: inout TLSWorkspace, from descriptor: borrowing Descriptor,
        with kernel: inout K
    ) throws(StreamError) -> Received {
        try StreamError.from { () throws(SystemError) in
            // SAFETY: the room lives as long as the workspace.
            try unsafe kernel.receive(from: descriptor, into: workspace.input)
        }
    }

    /// Lets the library work on what is held or, where nothing is, on the first `received` bytes of
    /// the workspace. What it leaves of them is held.
    @inline(always)
    private mutating func feed<Result>(
        _ received: Int, in workspace: inout TLSWorkspace,
        _ work: (OpaquePointer, UnsafePointer<copenssl_io>) -> Result
    ) -> Result {
        let io = unsafe workspace.io
        defer {
            unsafe io.pointee.in = nil
            unsafe io.pointee.in_length = 0
        }
        // SAFETY: the input is lent to the library for the call alone, with its length.
        if held.isEmpty {
            unsafe io.pointee.in = UnsafePointer(
                workspace.input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe io.pointee.in_length = received
            let result = unsafe work(ssl, io)
            let left = unsafe io.pointee.in_length
            if left > 0 {
                unsafe held.append(Span(_unsafeStart: io.pointee.in!, count: left))
            }
            return result
        }
        unsafe io.pointee.in = held.unsafeBytes.baseAddress
        unsafe io.pointee.in_length = held.count
        let result = unsafe work(ssl, io)
        held.consume(unsafe held.count - io.pointee.in_length)
        if held.isEmpty { held.releaseStorage() }
        return result
    }

    // MARK: output

    @inline(never)
    package mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) throws(StreamError) -> Sent {
        guard try flush(to: descriptor, with: &kernel) else { return .wouldBlock }
        // They went with what was pending.
        var taken = pendingPlain
        pendingPlain = 0
        precondition(taken <= bytes.count, "what was not taken is offered again")
        while taken < bytes.count {
            let piece = bytes.extracting(
                taken..<taken &+ min(bytes.count &- taken, Limit.plainBytes))
            guard encrypt(piece) else {
                // SAFETY: the connection is alive.
                throw broke(unsafe TLSFault(of: ssl), descriptor, with: &kernel, in: &workspace)
            }
            guard try sendOutput(to: descriptor, with: &kernel, in: &workspace) else {
                pendingPlain = piece.count
                return taken > 0 ? .bytes(taken) : .wouldBlock
            }
            taken &+= piece.count
        }
        return .bytes(taken)
    }

    /// Makes records of all of `bytes`; false where the library can't.
    @inline(always)
    private mutating func encrypt(_ bytes: Span<UInt8>) -> Bool {
        // SAFETY: the library reads as many bytes as the span has, which outlives the call.
        unsafe bytes.withUnsafeBufferPointer {
            if phase == .opening {
                return unsafe copenssl_write_early(ssl, $0.baseAddress, $0.count) == $0.count
            }
            return unsafe copenssl_write(ssl, $0.baseAddress, $0.count) == $0.count
        }
    }

    /// Sends what waits; says whether all of it has gone.
    @inline(always)
    private mutating func flush<K: Kernel>(
        to descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(StreamError) -> Bool {
        pending.isEmpty ? true : try flushPending(to: descriptor, with: &kernel)
    }

    @inline(never)
    private mutating func flushPending<K: Kernel>(
        to descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(StreamError) -> Bool {
        while !pending.isEmpty {
            let sent = try StreamError.from { () throws(SystemError) in
                try kernel.send(pending.bytes, to: descriptor)
            }
            guard case .bytes(let count) = sent else { return false }
            pending.consume(count)
        }
        pending.trim(above: Limit.keptBytes)
        return true
    }

    /// Sends what the library has made, behind what waits. Keeps what the socket does not take, and
    /// says whether that is nothing.
    @inline(always)
    private mutating func sendOutput<K: Kernel>(
        to descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) throws(StreamError) -> Bool {
        let length = workspace.output.count
        if length == 0 { return pending.isEmpty }
        var sent = 0
        if pending.isEmpty {
            do throws(SystemError) {
                while sent < length {
                    let rest = workspace.output.extracting(sent..<length)
                    guard case .bytes(let count) = try kernel.send(rest, to: descriptor)
                    else { break }
                    sent += count
                }
            } catch {
                workspace.forgetOutput()
                throw .system(error)
            }
        }
        if sent < length {
            pending.append(workspace.output.extracting(sent..<length))
            workspace.forgetOutput()
            if pending.count > Limit.pendingBytes {
                phase = .broken
                throw .secure(TLSFault(.unread))
            }
            return false
        }
        workspace.forgetOutput()
        return true
    }

    // MARK: the end

    @inline(never)
    package mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) {
        if phase == .opening {
            // The answer was early, and the handshake needs both ways to its end.
            finishesLater = true
            return
        }
        sayGoodbye(on: descriptor, with: &kernel, in: &workspace)
        kernel.finishSending(on: descriptor)
    }

    @inline(never)
    package mutating func end<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) {
        sayGoodbye(on: descriptor, with: &kernel, in: &workspace)
    }

    /// Sends close_notify, unless something in front of it has not been sent: then the peer sees a
    /// connection that was cut off, as it was.
    private mutating func sayGoodbye<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) {
        guard phase == .open else { return }
        phase = .finished
        if !pending.isEmpty { return }
        // SAFETY: the connection is alive and has no error.
        ERR_clear_error()
        unsafe SSL_shutdown(ssl)
        _ = try? sendOutput(to: descriptor, with: &kernel, in: &workspace)
    }

    /// Ends the stream for a fault of the peer, with the alert that the library has for it.
    @inline(never)
    private mutating func broke<K: Kernel>(
        _ fault: TLSFault, _ descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) -> StreamError {
        if fault.isPlainRequest {
            // The library has no word for it. A client that speaks no TLS reads this one.
            _ = try? kernel.send(Self.plainAnswer.span, to: descriptor)
        }
        _ = try? sendOutput(to: descriptor, with: &kernel, in: &workspace)
        phase = .broken
        return .secure(fault)
    }

    private static let plainAnswer = Array(
        """
        HTTP/1.1 400 Bad Request\r
        Content-Type: text/plain\r
        Content-Length: 33\r
        Connection: close\r
        \r
        This port speaks TLS; use https.

        """.utf8)
}
