import COpenSSL

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
        unsafe free(io.pointee.out)
        unsafe io.deallocate()
        unsafe input.deallocate()
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
