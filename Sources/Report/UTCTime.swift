package import Basis

/// A point of the calendar in UTC, to the second (proleptic Gregorian; H. Hinnant,
/// "chrono-compatible low-level date algorithms").
package struct UTCTime: Equatable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int

    /// - Parameter sinceEpoch: since 1970-01-01 00:00 UTC, not negative.
    package init(_ sinceEpoch: Nanoseconds) {
        let seconds = Int(sinceEpoch.raw / 1_000_000_000)
        let shifted = seconds / 86_400 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = seconds % 86_400 / 3_600
        minute = seconds % 3_600 / 60
        second = seconds % 60
    }

    /// Whether `text` is a day of the calendar such as `2027-01-31`.
    package static func isDay(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /(\d{4})-(\d{2})-(\d{2})/),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3),
            (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    private func joined(_ dash: String, _ colon: String) -> String {
        "\(year)\(dash)\(Self.two(month))\(dash)\(Self.two(day))T"
            + "\(Self.two(hour))\(colon)\(Self.two(minute))\(colon)\(Self.two(second))Z"
    }

    /// Such as `2026-11-23T22:03:37Z`.
    package var iso8601: String { joined("-", ":") }
    /// Such as `20261123T220337Z`: sorts by time and is fit for a file name.
    package var compact: String { joined("", "") }
}
