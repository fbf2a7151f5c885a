import Basis
import Compare
import Report

/// How long the steps of a launch that searches take, and how often such a cell is launched, where
/// that is not as with all others.
struct SearchTimes: Equatable, Sendable {
    var warmup: Nanoseconds?
    var duration: Nanoseconds?
    var repeats: Int?

    private enum Key: String, CaseIterable { case warmup, duration, `repeat` }

    init() {}

    /// `others` with what `value`, an object, says.
    init(_ value: JSONValue, over others: SearchTimes, _ place: FilePlace) throws(Complaint) {
        self = others
        for member in try place.members(value, known: Key.allCases.map(\.rawValue)) {
            let inner = place.in(member.name)
            switch Key(rawValue: member.name) {
            case .warmup: warmup = try CellDraft.time(member.value, inner)
            case .duration: duration = try CellDraft.duration(member.value, inner)
            case .repeat: repeats = try CellDraft.repeats(member.value, inner)
            case nil: break
            }
        }
    }

    /// Only what was said.
    var members: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if let warmup { members.append(.init("warmup_ns", .integer(warmup.raw))) }
        if let duration { members.append(.init("duration_ns", .integer(duration.raw))) }
        if let repeats { members.append(.init("repeat", .count(repeats))) }
        return members
    }
}
