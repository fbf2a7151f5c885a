package import Basis
import COpenSSL
import Platform

/// The keys that a server seals its session tickets with (RFC 5077 §4, RFC 8446 §4.6.1).
///
/// A key seals for one period, and opens what it sealed for one more: tickets that live as long as
/// a period are always resumable, and who learns a key reads no older traffic than that. Shared by
/// all threads, which ask once a handshake.
@safe
package final class TicketKeys: Sendable {
    private struct Key {
        static let nameLength = 16
        static let cipherLength = 32
        static let macLength = 32

        /// The name, the cipher's key and the one of the code that authenticates.
        private var bytes = [UInt8](
            repeating: 0, count: Key.nameLength + Key.cipherLength + Key.macLength)

        init() {
            // SAFETY: the call fills as many bytes as the buffer has.
            let isRandom = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
                unsafe RAND_bytes(bytes.baseAddress, CInt(bytes.count)) == 1
            }
            precondition(isRandom, "OpenSSL has no random numbers for a ticket's key")
        }

        var name: ArraySlice<UInt8> { bytes[..<Self.nameLength] }

        func use(
            _ cipher: OpaquePointer?, _ mac: OpaquePointer?, _ iv: UnsafePointer<UInt8>?,
            encrypts: Bool
        ) -> Bool {
            // SAFETY: the library copies both keys, which have their lengths, and the caller's
            // contexts are alive.
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe copenssl_use_ticket_key(
                    cipher, mac, bytes.baseAddress! + Self.nameLength,
                    bytes.baseAddress! + Self.nameLength + Self.cipherLength, Self.macLength, iv,
                    encrypts ? 1 : 0) == 1
            }
        }
    }

    private struct Ring {
        var current = Key()
        var previous: Key?
        var since: Instant
    }

    private let ring: Guarded<Ring>
    private let period: Nanoseconds
    private let clock: @Sendable () -> Instant

    package init(
        period: Nanoseconds, clock: @escaping @Sendable () -> Instant = { MonotonicClock.now }
    ) {
        self.period = period
        self.clock = clock
        ring = Guarded(Ring(since: clock()))
    }

    /// What the library's callback answers (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)).
    private enum Answer {
        static let refused: CInt = -1
        /// A ticket that nobody here has sealed, or not lately: a full handshake follows.
        static let unknown: CInt = 0
        static let done: CInt = 1
        /// Opened, and to be sealed afresh.
        static let renew: CInt = 2
    }

    /// Replaces keys whose time is over.
    private func turn(_ ring: inout Ring) {
        let age = clock().since(ring.since)
        if age < period { return }
        // After a long silence the last key is too old to open anything.
        ring.previous = age < period * 2 ? ring.current : nil
        ring.current = Key()
        ring.since = clock()
    }

    private func seal(
        _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>,
        _ cipher: OpaquePointer?, _ mac: OpaquePointer?
    ) -> CInt {
        ring.withLock { ring in
            turn(&ring)
            // SAFETY: the library has room for a name of 16 bytes and an IV of EVP_MAX_IV_LENGTH.
            guard unsafe RAND_bytes(iv, 16) == 1 else { return Answer.refused }
            for (offset, byte) in ring.current.name.enumerated() { unsafe name[offset] = byte }
            return unsafe ring.current.use(cipher, mac, iv, encrypts: true)
                ? Answer.done : Answer.refused
        }
    }

    /// - Parameter isUsedOnce: whether who showed the ticket needs another for the next time.
    private func unseal(
        _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>,
        _ cipher: OpaquePointer?, _ mac: OpaquePointer?, isUsedOnce: Bool
    ) -> CInt {
        ring.withLock { ring in
            turn(&ring)
            // SAFETY: a ticket begins with a name of 16 bytes and the IV.
            let asked = unsafe UnsafeBufferPointer(start: name, count: Key.nameLength)
            let isCurrent = unsafe ring.current.name.elementsEqual(asked)
            let isPrevious = unsafe ring.previous?.name.elementsEqual(asked) == true
            guard let key = isCurrent ? ring.current : isPrevious ? ring.previous : nil else {
                return Answer.unknown
            }
            guard unsafe key.use(cipher, mac, iv, encrypts: false) else { return Answer.refused }
            return isCurrent && !isUsedOnce ? Answer.done : Answer.renew
        }
    }

    /// Lets a server's context seal with these keys, which have to outlive it.
    func use(in context: OpaquePointer) {
        // SAFETY: the context is new, and its owner keeps this object for as long.
        unsafe copenssl_set_ticket_keys(
            context,
            { ssl, name, iv, cipher, mac, encrypts in
                // SAFETY: what was put there below, alive as long as the context; the library
                // lends its pointers for the call.
                guard let name = unsafe name, let iv = unsafe iv,
                    let owner = unsafe copenssl_owner(ssl)
                else { return Answer.refused }
                let keys = unsafe Unmanaged<TicketKeys>.fromOpaque(owner).takeUnretainedValue()
                if encrypts == 1 { return unsafe keys.seal(name, iv, cipher, mac) }
                return unsafe keys.unseal(
                    name, iv, cipher, mac, isUsedOnce: SSL_version(ssl) == TLS1_3_VERSION)
            },
            Unmanaged.passUnretained(self).toOpaque())
    }
}
