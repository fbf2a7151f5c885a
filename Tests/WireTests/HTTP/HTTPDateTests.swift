import Foundation
import Testing
import Wire

@Suite("HTTP dates")
struct HTTPDateTests {
    private func text(_ seconds: Int64) -> String {
        let date = HTTPDate(unixSeconds: seconds)
        return String(decoding: (0..<HTTPDate.length).map { date.text[$0] }, as: UTF8.self)
    }

    static let known: [(Int64, String)] = [
        // RFC 9110 §5.6.7.
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ]

    @Test("known instants are rendered to the byte", arguments: known)
    func renders(_ seconds: Int64, _ expected: String) {
        #expect(text(seconds) == expected)
    }

    @Test("every day of four centuries agrees with the calendar of Foundation")
    func agrees() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        // A step of 11 days and some seconds meets every month and, in time, every second of a
        // minute.
        for seconds in stride(from: Int64(0), to: 12_622_780_800, by: 950_401) {
            let parts = calendar.dateComponents(
                [.weekday, .day, .month, .year, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(seconds)))
            guard let weekday = parts.weekday, let day = parts.day, let month = parts.month,
                let year = parts.year, let hour = parts.hour, let minute = parts.minute,
                let second = parts.second
            else { return }
            func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
            let expected =
                "\(weekdays[weekday - 1]), \(two(day)) \(months[month - 1]) \(year) "
                + "\(two(hour)):\(two(minute)):\(two(second)) GMT"
            if text(seconds) != expected { Issue.record("\(text(seconds)), not \(expected)") }
        }
    }
}
