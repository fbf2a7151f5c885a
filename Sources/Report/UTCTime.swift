package import Basis

/// A point of the calendar in UTC, to the second.
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
        let date = CivilDate(daysSinceEpoch: seconds / 86_400)
        (year, month, day) = (date.year, date.month, date.day)
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
