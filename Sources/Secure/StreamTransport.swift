package import Platform

/// The seam between a connection's bytes and its socket, once plain and once through TLS. A value
/// lives in each connection, so plain streams cost nothing.
package protocol StreamTransport: ~Copyable {
    /// What all streams of one side share: keys, settings, what earlier connections have left.
    associatedtype Context: Sendable

    /// Memory that a thread needs for one call on any of its streams, the same for all of them.
    associatedtype Workspace: ~Copyable

    static func makeWorkspace() -> Workspace

    /// Whether a receive, or the opening, may leave bytes behind that no readiness of the socket
    /// announces. If not, the kernel has all that was not received.
    static var holdsBytes: Bool { get }

    /// Whether the opening has bytes of its own to send, before any of the protocol above it.
    static var opensWithBytes: Bool { get }

    /// How many early bytes the opening takes; does not change while it is under way.
    var earlyRoom: Int { get }

    /// Whether the peer is still to send what a later connection can go on with, for which this one
    /// is worth keeping a little longer.
    var awaitsTicket: Bool { get }

    /// The stream of a fresh connection.
    init(_ context: Context, in workspace: inout Workspace)

    /// The connection is gone on with by another thread than before, whose workspace this is.
    mutating func move(to workspace: inout Workspace)

    /// Goes on with the opening. To be called again when the socket is ready for what it wants, and
    /// behind early input.
    ///
    /// - Parameter early: bytes that may go to the peer before the opening is done, the same in
    ///   every call. They have gone if the facts say so; else they are still to be sent.
    mutating func open<K: Kernel>(
        on descriptor: borrowing Descriptor, early: Span<UInt8>, with kernel: inout K,
        in workspace: inout Workspace
    ) throws(StreamError) -> OpeningStep

    /// Brings bytes of the peer into `buffer`, which has room for at least one.
    mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K, in workspace: inout Workspace
    ) throws(StreamError) -> StreamInput

    /// Writes as much of `bytes` as the stream takes: all of them, unless the socket is full, whose
    /// readiness then announces room. What was not taken is offered again, with more behind it.
    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout Workspace
    ) throws(StreamError) -> Sent

    /// Says to the peer that nothing more will be sent; reading may go on.
    mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout Workspace)

    /// The socket is about to be closed, in order or not: says what the peer is to hear before, as
    /// far as the socket takes it at once.
    mutating func end<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout Workspace)
}

extension StreamTransport where Self: ~Copyable {
    @inline(always)
    package static var holdsBytes: Bool { true }
    @inline(always)
    package static var opensWithBytes: Bool { true }
    @inline(always)
    package var earlyRoom: Int { 0 }
    @inline(always)
    package var awaitsTicket: Bool { false }
    @inline(always)
    package mutating func move(to workspace: inout Workspace) {}

    @inline(always)
    package mutating func end<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout Workspace
    ) {}
}

extension StreamTransport where Self: ~Copyable, Workspace == NoWorkspace {
    @inline(always)
    package static func makeWorkspace() -> NoWorkspace { NoWorkspace() }
}

/// How far the opening of a stream has come.
package enum OpeningStep: Equatable, Sendable {
    /// Nothing happens before the socket is ready for this.
    case wants(Interest)
    /// Bytes that the peer sent before the opening was done can be received, and answered. They
    /// wait in the stream.
    case earlyInput(OpeningFacts)
    case done(OpeningFacts)
}

/// What both ends have settled while they opened a stream.
package struct OpeningFacts: Equatable, Sendable {
    /// Nil where nothing was said about it.
    package var application: ApplicationProtocol?
    /// Whether there were keys to agree on.
    package var isSecure = false
    /// Whether an earlier connection's keys were used again.
    package var isResumed = false
    /// How many of this end's early bytes the peer has accepted: none or all.
    package var earlyBytes = 0
    /// What became of bytes that went early, to whichever end.
    package var early = EarlyOutcome.none

    @inline(always)
    package init() {}
}

/// What became of bytes that were sent before an opening was done.
package enum EarlyOutcome: BitwiseCopyable, Sendable {
    /// There were none.
    case none
    case accepted
    /// They were not read, and have to be sent again.
    case rejected
}

/// What the bytes of a stream are, by its name in the negotiation of a protocol (RFC 7301, IANA
/// registry of ALPN protocol ids).
package enum ApplicationProtocol: String, Sendable {
    case http11 = "http/1.1"
    case http2 = "h2"
}

/// What a receive has brought.
package enum StreamInput: Equatable, Sendable {
    /// So many bytes. If they are all, the socket's next readiness announces the next ones; if not,
    /// nothing does, for they may wait in the stream or be announced already.
    case bytes(Int, isAll: Bool)
    /// There is nothing, and the socket's readiness announces what comes.
    case nothing
    /// The peer ended its half in order.
    case closed
    /// The socket ended, and the peer had not said in the stream's own way that it would: who is
    /// owed more has lost it, perhaps to an attacker.
    case cutOff
}

/// The workspace of streams that need none.
package struct NoWorkspace: ~Copyable {
    // A value without a size would share its address with its neighbours.
    private var unused: UInt8 = 0

    @inline(always)
    package init() {}
}

/// A stream without encryption: every call is the kernel's.
package struct PlainStream: StreamTransport, ~Copyable {
    /// There is nothing to share.
    package struct Context: Sendable {
        package init() {}
    }

    @inline(always)
    package static var holdsBytes: Bool { false }
    @inline(always)
    package static var opensWithBytes: Bool { false }

    @inline(always)
    package init(_ context: Context, in workspace: inout NoWorkspace) {}

    @inline(always)
    package mutating func open<K: Kernel>(
        on descriptor: borrowing Descriptor, early: Span<UInt8>, with kernel: inout K,
        in workspace: inout NoWorkspace
    ) throws(StreamError) -> OpeningStep { .done(OpeningFacts()) }

    @inline(always)
    package mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K, in workspace: inout NoWorkspace
    ) throws(StreamError) -> StreamInput {
        do throws(SystemError) {
            // SAFETY: the caller's buffer is handed on as it came.
            switch try unsafe kernel.receive(from: descriptor, into: buffer) {
            // A receive that leaves room has emptied the socket (epoll(7)).
            case .bytes(let count): return .bytes(count, isAll: count < buffer.count)
            case .wouldBlock: return .nothing
            case .closed: return .closed
            }
        } catch {
            throw .system(error)
        }
    }

    package mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K,
        in workspace: inout NoWorkspace
    ) throws(StreamError) -> Sent {
        do throws(SystemError) {
            return try kernel.send(bytes, to: descriptor)
        } catch {
            throw .system(error)
        }
    }

    package mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K, in workspace: inout NoWorkspace
    ) {
        kernel.finishSending(on: descriptor)
    }
}
