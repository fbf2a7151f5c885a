import COpenSSL
import Platform

/// The bytes of one call between a socket and the library: what was received, and what is to be
/// sent.
@safe
package struct TLSWorkspace: ~Copyable {
    /// The way into the library, shared by all connections of the thread.
    let bio: OpaquePointer
    let io: UnsafeMutablePointer<copenssl_io>
    let input: UnsafeMutableRawBufferPointer

    // SAFETY: made once, and constant from then on.
    private nonisolated(unsafe) static let method = unsafe copenssl_bio_method()

    init() {
        // SAFETY: `io` is initialised whole, and freed behind the last reference to the BIO that
        // this type has. Connections of the thread are freed without reading or writing.
        unsafe io = .allocate(capacity: 1)
        unsafe io.initialize(to: copenssl_io())
        unsafe input = .allocate(byteCount: Limit.receivedBytes, alignment: 1)
        guard let bio = unsafe copenssl_bio_new(Self.method, io) else {
            preconditionFailure("no memory for a way into OpenSSL")
        }
        unsafe self.bio = bio
    }

    deinit {
        // SAFETY: all three were made in `init`, and nothing uses them any more.
        unsafe BIO_set_data(bio, nil)
        unsafe BIO_free(bio)
        unsafe copenssl_tickets_free(io.pointee.tickets)
        unsafe free(io.pointee.out)
        unsafe io.deallocate()
        unsafe input.deallocate()
    }

    /// A session that a connection of this thread has left, to be resumed by the next one. It is
    /// the caller's.
    mutating func takeTicket() -> OpaquePointer? {
        // SAFETY: `io` lives as long as this value, and with it the store.
        if unsafe io.pointee.tickets == nil {
            unsafe io.pointee.tickets = copenssl_tickets_new(Limit.keptTickets)
        }
        guard let tickets = unsafe io.pointee.tickets else { return nil }
        return unsafe copenssl_take_ticket(tickets, CLong(WallClock.seconds))
    }

    /// What the library wants to send.
    @inline(always)
    var output: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // SAFETY: the library has filled `out_length` bytes at `out`, which stay until the next
            // call into it.
            let span = unsafe Span(
                _unsafeStart: UnsafePointer(io.pointee.out) ?? Self.nothing,
                count: io.pointee.out_length)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    // SAFETY: never read, for it is the start of spans without elements only.
    private nonisolated(unsafe) static let nothing = unsafe UnsafePointer(
        UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

    @inline(always)
    mutating func forgetOutput() {
        // SAFETY: `io` lives as long as this value.
        unsafe io.pointee.out_length = 0
    }
}
