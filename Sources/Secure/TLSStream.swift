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

    package init(_ context: TLSContext) {
        self.context = context
        // SAFETY: the connection belongs to this value alone.
        unsafe ssl = context.makeConnection()
    }

    deinit {
        // SAFETY: freed once. To the library, a connection that was not shut down in order spoils
        // its session (SSL_shutdown(3)), whatever the reason.
        unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(ssl)
    }

    package static func makeWorkspace() -> TLSWorkspace { TLSWorkspace() }

    // MARK: the opening

    @inline(never)
    package mutating func open<K: Kernel>(
        on descriptor: borrowing Descriptor, early: Span<UInt8>, with kernel: inout K,
        in workspace: inout TLSWorkspace
    ) throws(StreamError) -> OpeningStep {
        if phase == .fresh {
            // SAFETY: both live; the connection counts its references to the way.
            unsafe copenssl_use(ssl, workspace.bio)
            phase = .opening
        }
        var received = 0
        while true {
            guard try flush(to: descriptor, with: &kernel) else { return .wants(.writable) }
            if phase == .agreed {
                phase = .open
                return .done(facts)
            }
            let outcome = unsafe feed(received, in: &workspace) { ssl, _ in
                // SAFETY: the connection is alive.
                unsafe copenssl_handshake(ssl)
            }
            received = 0
            if outcome != SSL_ERROR_NONE, outcome != SSL_ERROR_WANT_READ {
                throw broke(unsafe TLSFault(of: ssl), descriptor, with: &kernel, in: &workspace)
            }
            let isSent = try sendOutput(to: descriptor, with: &kernel, in: &workspace)
            if outcome == SSL_ERROR_NONE {
                phase = .agreed
                guard unsafe context.accepts(ssl) else {
                    throw broke(
                        TLSFault(.otherProtocol), descriptor, with: &kernel, in: &workspace)
                }
                continue
            }
            if !isSent { return .wants(.writable) }
            switch try Self.fill(&workspace, from: descriptor, with: &kernel) {
            case .bytes(let count): received = count
            case .wouldBlock: return .wants(.readable)
            case .closed:
                phase = .broken
                throw .secure(TLSFault(.cutOff))
            }
        }
    }

    private var facts: OpeningFacts {
        var facts = OpeningFacts()
        facts.isSecure = true
        // SAFETY: the connection is alive.
        unsafe context.note(ssl)
        facts.application = unsafe TLSContext.application(of: ssl)
        facts.isResumed = unsafe SSL_session_reused(ssl) == 1
        return facts
    }

    // MARK: input

    @inline(never)
    package mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K, in workspace: inout TLSWorkspace
    ) throws(StreamError) -> StreamInput {
        if let fault { throw broke(fault, descriptor, with: &kernel, in: &workspace) }
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
            unsafe copenssl_write(ssl, $0.baseAddress, $0.count) == $0.count
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
