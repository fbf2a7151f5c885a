import Basis
import Measure
import Report

/// What a run tells while it goes on: a line that rewrites itself on a terminal, else a line a
/// launch.
struct Progress {
    /// `live` rewrites one line, `lines` adds one a launch.
    enum Style: Sendable { case live, lines, silent }

    private let style: Style
    /// In the order in which they are launched.
    private let slots: [Slot]
    private var total: Int { slots.count }
    private let write: (String) -> Void
    private var estimate: TimeEstimate
    private var done: Int
    private var lineWidth = 0

    /// - Parameters:
    ///   - done: launches that an earlier part of the run made.
    ///   - write: takes text for the standard error, line ends included.
    init(
        _ style: Style, plan: Plan, done: Int, write: @escaping (String) -> Void
    ) {
        self.style = style
        slots = plan.slots
        self.done = done
        self.write = write
        estimate = TimeEstimate(plan.settings)
    }

    mutating func begin(_ slot: Slot) {
        guard style == .live else { return }
        show(
            "\(position(done + 1)) \(slot.cell.id)  \(100 * done / max(1, total))%  "
                + "ETA \(clock(estimate.remaining(slots.suffix(total - done))))")
    }

    mutating func end(_ record: LaunchRecord, elapsed: Nanoseconds) {
        done += 1
        if record.failure == nil { estimate.note(record.cell, elapsed: elapsed) }
        let line =
            "\(position(done)) \(record.cell.id)  \(100 * done / max(1, total))%  "
            + "ETA \(clock(estimate.remaining(slots.suffix(total - done))))  \(outcome(record))"
        // A line that rewrites itself would hide a launch that does not count.
        if style == .lines || record.invalidReason != nil { note(line) }
    }

    /// How long a launch takes.
    func expected(_ slot: Slot) -> Nanoseconds { estimate.remaining(CollectionOfOne(slot)) }

    /// A launch in the place of one that was spoilt.
    mutating func beginAgain(_ slot: Slot) {
        if style == .live { show("[again] \(slot.cell.id)") }
    }

    mutating func endAgain(_ record: LaunchRecord) {
        note("[again] \(record.cell.id)  \(outcome(record))")
    }

    /// A line that stays, such as a warning.
    mutating func note(_ line: String) {
        guard style != .silent else { return }
        clear()
        write(line + "\n")
    }

    /// Leaves the terminal clean for what follows.
    mutating func finish() { clear() }

    private func position(_ number: Int) -> String { "[\(number)/\(total)]" }

    private func outcome(_ record: LaunchRecord) -> String {
        if let reason = record.invalidReason { return "invalid: \(reason)" }
        guard let load = record.load else { return "" }
        let p99 = load.latency.p99.map { "  p99 \($0.display)" } ?? ""
        let verdict =
            record.verdict == LoadReport.Verdict.valid.rawValue ? "" : "  \(record.verdict)"
        return "\(decimalDisplay(load.achievedRate))/s\(p99)\(verdict)"
    }

    private mutating func show(_ line: String) {
        let padding = String(repeating: " ", count: max(0, lineWidth - line.count))
        write("\r" + line + padding)
        lineWidth = line.count
    }

    private mutating func clear() {
        if lineWidth > 0 { write("\r" + String(repeating: " ", count: lineWidth) + "\r") }
        lineWidth = 0
    }
}

/// Hours, minutes and seconds such as `12m40s`.
func clock(_ span: Nanoseconds) -> String {
    let seconds = Int((span.inSeconds).rounded(.up))
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3_600 { return "\(seconds / 60)m\(seconds % 60)s" }
    return "\(seconds / 3_600)h\(seconds % 3_600 / 60)m"
}
