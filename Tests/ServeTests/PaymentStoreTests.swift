import Basis
import Foundation
import Secure
import Synchronization
import TestSupport
import Testing

@testable import Serve

@Suite("payment store")
struct PaymentStoreTests {
    private static func pay(
        _ store: PaymentStore, _ key: String, _ order: String = "", for span: Nanoseconds = .zero,
        now: Int64 = 0
    ) -> PaymentStore.Outcome {
        store.pay(
            key: Array(key.utf8), fingerprint: SHA256(Array(order.utf8).span), for: span, now: now)
    }

    @Test("a key pays once, is bound to its request, and expires; a full store refuses")
    func once() {
        let store = PaymentStore(PaymentGeometry(keys: 2, expiry: Nanoseconds(raw: 100)))
        #expect(Self.pay(store, "a") == .paid(1))
        #expect(Self.pay(store, "a", now: 99) == .repeated(1))
        #expect(Self.pay(store, "a", "other") == .mismatch)
        #expect(Self.pay(store, "b", now: 50) == .paid(2))
        #expect(Self.pay(store, "c", now: 99) == .full)
        #expect(Self.pay(store, "b", now: 99) == .repeated(2))
        guard case .paid = Self.pay(store, "a", now: 100) else {
            Issue.record("an expired key is a new one")
            return
        }
        #expect(store.counts.payments == 3)
    }

    @Test("a payment whose reply is due later is in progress until then")
    func inProgress() {
        let store = PaymentStore(PaymentGeometry(keys: 2, expiry: .seconds(1)))
        #expect(Self.pay(store, "a", for: Nanoseconds(raw: 10)) == .paid(1))
        #expect(Self.pay(store, "a", for: Nanoseconds(raw: 10), now: 9) == .inProgress)
        #expect(Self.pay(store, "a", for: Nanoseconds(raw: 10), now: 10) == .repeated(1))
    }

    @Test("many threads with the same keys pay once for each")
    func concurrent() throws {
        let store = PaymentStore(PaymentOptions().geometry)
        let paid = Atomic<Int>(0)
        try withThreads(4) { _ in
            for key in 0..<200 {
                if case .paid = Self.pay(store, "\(key)") { paid.add(1, ordering: .relaxed) }
            }
        }
        #expect(paid.load(ordering: .relaxed) == 200 && store.counts.keys == 200)
    }

    @Test("stores of one file share what they know; a hostile file is refused, or harmless")
    func files() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("payments-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let geometry = PaymentGeometry(keys: 8, expiry: .seconds(1))
        do {
            let (one, other) = (
                try PaymentStore(geometry, path: path), try PaymentStore(geometry, path: path)
            )
            #expect(Self.pay(one, "a") == .paid(1))
            #expect(Self.pay(other, "a") == .repeated(1))
        }
        #expect(Self.pay(try PaymentStore(geometry, path: path), "a") == .repeated(1))
        #expect(throws: Complaint.self) {
            try PaymentStore(PaymentGeometry(keys: 9, expiry: .seconds(1)), path: path)
        }
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bad = good
            for _ in 0..<Int.random(in: 1...64, using: &random) {
                let from = Bool.random(using: &random) ? 0 : PaymentGeometry.headerBytes
                bad[Int.random(in: from..<bad.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                bad.removeLast(Int.random(in: 1..<bad.count, using: &random))
            }
            try bad.write(to: URL(fileURLWithPath: path))
            guard let store = try? PaymentStore(geometry, path: path) else { continue }
            for key in 0..<20 { _ = Self.pay(store, "\(key)") }
        }
    }

    @Test("a plan says the same of the same request, as often as it was told to")
    func plan() throws {
        let text = "drop-before=10%,drop-after=20%,cut-answer=0%,delay=5%:1ms,seed=3"
        let plan = try PaymentFaults(parsing: text)
        let faults = (0..<10_000).map { plan.fault(ofRequest: UInt64($0)) }
        let again = try PaymentFaults(parsing: text)
        #expect(faults == (0..<10_000).map { again.fault(ofRequest: UInt64($0)) })
        #expect((900...1_100).contains(faults.count { $0 == .dropBefore }))
        #expect((1_850...2_150).contains(faults.count { $0 == .dropAfter }))
        #expect(!faults.contains(.cutAnswer))
        for bad in ["", "drop-before=1", "delay=1%", "drop-after=101%", "seed=x", "a=1%"] {
            #expect(throws: Complaint.self) { try PaymentFaults(parsing: bad) }
        }
    }
}
