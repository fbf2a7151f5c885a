import Basis
import Link

/// Readers of what lies between generator and server.
extension CellDraft {
    static func roundTrip(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Nanoseconds {
        if value == 0 || value == "0" { return .zero }
        var span: Nanoseconds?
        // A bare number would be seconds, and is meant as milliseconds as often as not.
        if case .string(let text) = value, text.last?.isLetter == true {
            span = Nanoseconds(parsing: text)
        }
        guard let span, span <= Link.Limit.delay else {
            throw place.complaint(
                "\(value.compact) is not a round-trip time up to \(Link.Limit.delay.display)",
                "write one such as \"20ms\", or \"0\" for loopback")
        }
        return span
    }

    static func loss(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Double {
        if value == 0 || value == "0" { return 0 }
        // All lost would leave nothing to measure.
        guard case .string(let text) = value, let share = parseShare(text), share < 1 else {
            throw place.complaint(
                "\(value.compact) is not a share below 100%", "write one such as \"0.1%\"")
        }
        return share
    }

    static func linkRate(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Int? {
        if value == "none" { return nil }
        guard case .string(let text) = value, let rate = parseBitRate(text),
            Link.Limit.rate.contains(rate)
        else {
            throw place.complaint(
                "\(value.compact) is not a rate from 8kbit to 100gbit",
                "write one such as \"100mbit\", or \"none\" for no limit")
        }
        return rate
    }
}
