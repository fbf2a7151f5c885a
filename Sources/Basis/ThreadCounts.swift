/// What a thread of a server counts.
///
/// A counter is the one line that declares it here, or in `CallCounts` when it counts system calls:
/// threads count into `ThreadCounts<UInt64>`, plain numbers at constant offsets; what they publish,
/// the lines of a server, journals, tables and reports follow from `Counter.all`, and a test asks
/// for its row in docs/FORMAT.md. New ones go to the end.
package struct ThreadCounts<Cell: CounterCell>: CounterTable {
    package var accepted = Cell(
        "accepted", "connections taken from the kernel since the start", .sinceStart,
        isReported: false)
    package var connections = Cell(
        "connections", "connections that became this worker's since the start", column: "owned",
        .sinceStart, isReported: false)
    package var requests = Cell(
        "requests", "requests answered between the two readings", isReported: false)
    package var syscalls = CallCounts<Cell>()
    package var wakeups = Cell("wakeups", "wakes sent to another worker")
    package var emptyAccepts = Cell(
        "eagain_accepts", "accepts that found an empty queue", isReported: false)
    package var handoffs = Cell("handoffs", "connections or messages passed to another worker")
    package var steals = Cell("steals", "messages taken from another worker's queue")
    package var shed = Cell(
        "shed", "connections closed at once: descriptors, slots or readers had run out",
        isReported: false)

    package var events = Cell(
        "events", "events of topics written for subscribers", isReported: false)
    package var missedEvents = Cell(
        "missed_events", "events that a subscriber was too slow for", isReported: false)
    package var handshakes = Cell(
        "handshakes", "handshakes of TLS that were done", isReported: false)
    package var resumedHandshakes = Cell(
        "handshakes_resumed", "of these with the keys of an earlier one", isReported: false)
    package var failedHandshakes = Cell(
        "handshakes_failed", "handshakes of TLS that a fault has ended", isReported: false)
    package var earlyHandshakes = Cell(
        "early_accepted", "handshakes of TLS before whose end data was taken", isReported: false)
    package var earlyRefusals = Cell(
        "early_rejected", "those whose early data was not read", isReported: false)
    package var fastOpenAccepted = Cell(
        "fastopen_accepted", "with --fastopen: connections whose SYN brought data", .sinceStart,
        isReported: false)
    package var fastOpenMissed = Cell(
        "fastopen_missed", "the same: connections whose SYN brought none", .sinceStart,
        isReported: false)

    package var dropsBeforeWork = Cell(
        "drops_before_work", "connections that the fault plan ended before the work",
        isReported: false)
    package var dropsBehindWork = Cell(
        "drops_after_work", "connections that it ended between the work and the answer",
        isReported: false)
    package var cutAnswers = Cell(
        "cut_answers", "connections that it ended in the midst of the answer", isReported: false)
    package var delayedAnswers = Cell(
        "delayed_answers", "answers that it held back", isReported: false)

    package var firstBytes = Cell(
        "first_bytes", "connections whose first answer began to leave since the start",
        .sinceStart, isReported: false)
    package var firstByteTime = Cell(
        "first_byte_ns", "their times from accept to then, summed up", unit: "ns", .sinceStart,
        isReported: false)

    package var timedMessages = Cell(
        "timed_messages", "messages done whose times were taken, one of 61 that workers get",
        isReported: false)
    package var queueWait = Cell(
        "queue_wait_ns", "time that these stood in a queue, summed up", unit: "ns",
        isReported: false)
    package var handlerTime = Cell(
        "handler_ns", "time that making their answers took, summed up", unit: "ns",
        isReported: false)

    package init() {}
}

extension ThreadCounts {
    /// The members of a thread's entry, each of what `value` makes of its cell.
    package func members(_ value: (Cell) -> JSONValue) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        var groups: [String: [JSONValue.Member]] = [:]
        for (counter, cell) in zip(Counter.all, cells) {
            let member = JSONValue.Member(counter.name, value(cell))
            guard let group = counter.group else {
                members.append(member)
                continue
            }
            groups[group, default: []].append(member)
        }
        return members
            + groups.sorted { $0.key < $1.key }.map { .init($0.key, .object($0.value)) }
    }
}
