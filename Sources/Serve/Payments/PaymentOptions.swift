package import Basis
import Platform

/// What a server is told of payments.
package struct PaymentOptions: Sendable {
    package var keys = Limit.paymentKeys
    package var expiry = Limit.paymentExpiry
    /// Where keys are remembered, for several processes; nil for the memory of this one.
    package var store: String?
    /// Where each payment is noted.
    package var journal: String?
    /// Whether a request without a key is refused.
    package var wantsKeys = true
    package var faults: PaymentFaults?

    package init() {}

    var geometry: PaymentGeometry { PaymentGeometry(keys: keys, expiry: expiry) }

    static let specs = [
        OptionSpec(
            "payment-keys", value: "N",
            help: "idempotency keys remembered; for more there is 503 [65536]"),
        OptionSpec(
            "payment-expiry", value: "TIME", help: "how long a key is remembered [86400s]"),
        OptionSpec(
            "payment-key", value: "KIND", help: "required, or optional: pays each time without"),
        OptionSpec(
            "payment-store", value: "FILE", help: "remember keys there, also for other servers"),
        OptionSpec("payment-journal", value: "FILE", help: "add a line there for each payment"),
        OptionSpec(
            "faults", value: "PLAN",
            help: "spoil payments: drop-before=1%,drop-after=1%,cut-answer=1%,delay=1%:1s"),
    ]

    private enum Kind: String, CaseIterable { case required, optional }

    /// Reads a command line.
    init(_ parsed: ParsedOptions) throws(Complaint) {
        keys = try parsed.count("payment-keys", in: 1...PaymentGeometry.slotsMost) ?? keys
        expiry =
            try parsed.time(
                "payment-expiry", in: .milliseconds(1)...Limit.paymentExpiryMost) ?? expiry
        wantsKeys = try parsed.choice("payment-key", of: Kind.self) != .optional
        store = parsed.text("payment-store")
        journal = parsed.text("payment-journal")
        faults = try parsed.text("faults").map { (text) throws(Complaint) in
            try PaymentFaults(parsing: text)
        }
    }

    /// What all threads of a server share.
    func makeLedger() throws(Complaint) -> PaymentLedger {
        var opened: SharedJournal?
        if let journal {
            do throws(SystemError) {
                opened = try SharedJournal(journal)
            } catch {
                throw error.complaint(
                    "can't write the payment journal \(journal)",
                    remedy: "give a file in a folder that you may write to")
            }
        }
        let made: PaymentStore
        if let store {
            made = try PaymentStore(geometry, path: store, journal: opened)
        } else {
            made = PaymentStore(geometry, journal: opened)
        }
        return PaymentLedger(made, wantsKeys: wantsKeys, faults: faults.map(FaultSource.init))
    }
}
