package import Basis
import Platform
import Synchronization

/// What goes wrong with a request to pay.
enum PlannedFault: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case none
    /// The connection ends before anything was done.
    case dropBefore
    /// The connection ends when all is done and nothing said.
    case dropAfter
    /// The connection ends in the midst of the answer.
    case cutAnswer
    /// The answer comes late.
    case delay

    /// Whether the connection ends behind the work.
    @inline(always)
    var endsBehindWork: Bool { self == .dropAfter || self == .cutAnswer }
}

/// Which of the requests to pay something goes wrong with: it follows from a seed and the number of
/// the request, so that a test knows what was done to it.
package struct PaymentFaults: Equatable, Sendable {
    /// In parts of 2^53.
    private var shares: [PlannedFault: UInt64] = [:]
    private(set) var delay = Nanoseconds.zero
    private var seed: UInt64 = 1

    private static var whole: Double { 0x1p53 }

    /// Reads `drop-before=1%,drop-after=1%,cut-answer=1%,delay=0.5%:300ms,seed=7`.
    package init(parsing text: String) throws(Complaint) {
        var named: Set<String> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, named.insert(parts[0]).inserted else {
                throw Self.refusal(text)
            }
            switch parts[0] {
            case "drop-before": try add(.dropBefore, parts[1], text)
            case "drop-after": try add(.dropAfter, parts[1], text)
            case "cut-answer": try add(.cutAnswer, parts[1], text)
            case "delay":
                let sides = parts[1].split(separator: ":").map(String.init)
                guard sides.count == 2, let span = Nanoseconds(parsing: sides[1]),
                    (.zero...Limit.handlerTime).contains(span)
                else { throw Self.refusal(text) }
                delay = span
                try add(.delay, sides[0], text)
            case "seed":
                guard let number = Int64(parts[1]), SeededGenerator.seeds.contains(number) else {
                    throw Self.refusal(text)
                }
                seed = UInt64(number)
            default: throw Self.refusal(text)
            }
        }
        if shares.values.reduce(0, +) > UInt64(Self.whole) { throw Self.refusal(text) }
    }

    private mutating func add(
        _ fault: PlannedFault, _ share: String, _ text: String
    ) throws(Complaint) {
        guard let share = parseShare(share) else { throw Self.refusal(text) }
        shares[fault] = UInt64(share * Self.whole)
    }

    private static func refusal(_ text: String) -> Complaint {
        Complaint(
            "--faults '\(text)' is no plan",
            remedy: "write it like drop-before=1%,drop-after=1%,cut-answer=1%,delay=0.5%:300ms,"
                + "seed=7, of at most 100 % in all and a delay of at most"
                + " \(Limit.handlerTime.display)")
    }

    /// What goes wrong with the request of this number.
    func fault(ofRequest number: UInt64) -> PlannedFault {
        var draw = SeededGenerator(seed: seed ^ (number &* 0xA24B_AED4_963E_E407))
        var left = draw.next() >> 11
        for fault in PlannedFault.allCases {
            guard let share = shares[fault] else { continue }
            if left < share { return fault }
            left -= share
        }
        return .none
    }
}

/// A plan with the number of requests that all threads have asked it about.
final class FaultSource: Sendable {
    let plan: PaymentFaults
    private let requests = Atomic<UInt64>(0)

    init(_ plan: PaymentFaults) { self.plan = plan }

    /// What goes wrong with the next request.
    func next() -> PlannedFault {
        plan.fault(ofRequest: requests.add(1, ordering: .relaxed).oldValue)
    }
}
