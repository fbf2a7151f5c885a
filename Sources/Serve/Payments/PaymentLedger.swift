import Basis
import Platform
import Secure
import Wire

/// Answers requests to pay: a request sent twice (a retry, or replayed early data) pays once
/// (draft-ietf-httpapi-idempotency-key-header-07).
///
/// The one route with a lock: it is there for what the route means, not for speed, and no other
/// route passes through it.
final class PaymentLedger: Sendable {
    private let store: PaymentStore
    private let wantsKeys: Bool
    /// What is to go wrong with requests to pay.
    let faults: FaultSource?

    init(
        _ store: PaymentStore = PaymentStore(PaymentOptions().geometry), wantsKeys: Bool = true,
        faults: FaultSource? = nil
    ) {
        self.store = store
        self.wantsKeys = wantsKeys
        self.faults = faults
    }

    /// Pays, or says again what was said to the same key before.
    ///
    /// - Parameters:
    ///   - field: what Idempotency-Key says; empty when there is none.
    ///   - span: for how long the payment is in progress.
    func pay(field: Span<UInt8>, order: Span<UInt8>, for span: Nanoseconds) -> Content {
        if field.isEmpty, !wantsKeys { return Self.content(store.payWithoutKey()) }
        guard let key = HTTP.IdempotencyKey.read(field) else {
            return Content(
                status: .badRequest,
                payload: .problem("an Idempotency-Key of 1 to 255 bytes is needed"))
        }
        return Self.content(
            store.pay(key: key, fingerprint: Self.fingerprint(order, span), for: span))
    }

    /// Of all that the request asks besides its key: the method, the target, the payload.
    private static func fingerprint(_ order: Span<UInt8>, _ span: Nanoseconds) -> SHA256 {
        var asked = ByteQueue(capacity: order.count + 64)
        asked.append("POST /payments ")
        asked.append(decimal: UInt64(span.raw))
        asked.append(UInt8(ascii: "\n"))
        asked.append(order)
        return SHA256(asked.bytes)
    }

    private static func content(_ outcome: PaymentStore.Outcome) -> Content {
        switch outcome {
        case .paid(let number), .repeated(let number): receipt(number)
        case .mismatch:
            Content(
                status: .unprocessableContent,
                payload: .problem("this Idempotency-Key was used for another order"))
        case .inProgress:
            Content(
                status: .conflict, payload: .problem("this payment is in progress, ask again"))
        case .full:
            Content(
                status: .serviceUnavailable,
                payload: .problem("no more keys can be remembered now"))
        case .failed:
            Content(
                status: .serviceUnavailable, payload: .problem("the payment could not be made"))
        }
    }

    /// What is said of a payment, each time it is asked for.
    static func receipt(_ number: UInt64) -> Content {
        Content(status: .created, payload: .receipt(payment: number))
    }

    /// What `/payments/effects` says.
    var effects: Content {
        let (payments, keys) = store.counts
        return Content(status: .ok, payload: .effects(payments: payments, keys: keys))
    }
}
