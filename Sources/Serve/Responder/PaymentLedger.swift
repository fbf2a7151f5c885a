import Basis
import Platform
import Wire

/// Remembers payments by their idempotency key, so that a request sent twice (a retry, or replayed
/// early data) pays once (the Idempotency-Key header field, IETF httpapi draft).
///
/// The one place of the server with a lock and a dictionary: it is there for what the route means,
/// not for speed, and no other route passes through it. Process patterns have a ledger in each
/// process.
final class PaymentLedger: Sendable {
    private struct Entry {
        let payment: UInt64
        let orderDigest: Int
    }

    private struct Book {
        var entries: [[UInt8]: Entry] = [:]
        var keysByAge: [[UInt8]] = []
        var oldest = 0
        var nextPayment: UInt64 = 1
    }

    private let book = Guarded(Book())

    /// Pays, or repeats the receipt of the payment that `key` made before.
    func pay(key: Span<UInt8>, order: Span<UInt8>) -> Content {
        guard !key.isEmpty, key.count <= Limit.paymentKeyBytes else {
            return Content(
                status: .badRequest,
                payload: .problem("an Idempotency-Key of 1 to 255 bytes is needed"))
        }
        // SAFETY: the pointers are used only inside the closures.
        let keyBytes = unsafe key.withUnsafeBufferPointer { unsafe Array($0) }
        let digest = unsafe order.withUnsafeBufferPointer { bytes in
            var hasher = Hasher()
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            return hasher.finalize()
        }
        return book.withLock { book in
            if let known = book.entries[keyBytes] {
                guard known.orderDigest == digest else {
                    return Content(
                        status: .unprocessableContent,
                        payload: .problem("this Idempotency-Key was used for another order"))
                }
                return Content(
                    status: .ok, payload: .receipt(payment: known.payment, isReplay: true))
            }
            let payment = book.nextPayment
            book.nextPayment += 1
            book.entries[keyBytes] = Entry(payment: payment, orderDigest: digest)
            if book.keysByAge.count < Limit.paymentKeys {
                book.keysByAge.append(keyBytes)
            } else {
                book.entries[book.keysByAge[book.oldest]] = nil
                book.keysByAge[book.oldest] = keyBytes
                book.oldest = (book.oldest + 1) % Limit.paymentKeys
            }
            return Content(status: .created, payload: .receipt(payment: payment, isReplay: false))
        }
    }
}
