import Basis
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Serve

@Suite("payment ledger")
struct PaymentLedgerTests {
    private func pay(_ ledger: PaymentLedger, _ key: String, _ order: String) -> Content {
        ledger.pay(key: Array(key.utf8).span, order: Array(order.utf8).span)
    }

    private func payment(_ content: Content) -> (number: UInt64, isReplay: Bool)? {
        guard case .receipt(let number, let isReplay) = content.payload else { return nil }
        return (number, isReplay)
    }

    @Test("the oldest keys are forgotten first, and only as many as must be")
    func eviction() throws {
        let ledger = PaymentLedger()
        for number in 0..<Limit.paymentKeys { _ = pay(ledger, "\(number)", "") }
        // Full: all are known, and looking at them changes nothing.
        #expect(payment(pay(ledger, "0", ""))?.isReplay == true)
        #expect(payment(pay(ledger, "new", ""))?.isReplay == false)
        #expect(payment(pay(ledger, "1", ""))?.isReplay == true)
        #expect(payment(pay(ledger, "0", ""))?.isReplay == false)
        #expect(payment(pay(ledger, "1", ""))?.isReplay == false)
        #expect(payment(pay(ledger, "new", ""))?.isReplay == true)
        let last = "\(Limit.paymentKeys - 1)"
        let known = try #require(payment(pay(ledger, last, "")))
        #expect(known.isReplay && known.number == UInt64(Limit.paymentKeys))
    }

    @Test("many threads with the same keys pay once for each")
    func concurrent() throws {
        let ledger = PaymentLedger()
        let paid = Atomic<Int>(0)
        try withThreads(4) { _ in
            for key in 0..<200 {
                let content = pay(ledger, "\(key)", "order")
                if content.status == .created { paid.add(1, ordering: .relaxed) }
            }
        }
        #expect(paid.load(ordering: .relaxed) == 200)
    }
}
