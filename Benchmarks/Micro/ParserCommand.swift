import Basis
import Foundation
import Measure
import Platform
import Wire

/// `switchyard-micro parser`: the protocol code alone, in nanoseconds a message and as a multiple
/// of what touching the same bytes once costs (memcpy and memchr).
enum ParserCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro parser", summary: "Times parsers and encoders.",
        options: [
            OptionSpec("rounds", value: "N", help: "timings of each, the median counts (21)"),
            OptionSpec("json", help: "print one JSON object instead of a table"),
        ])

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let rounds = try options.count("rounds", in: 1...10_000) ?? 21
        var timings: [Timing] = []
        for subject in Subject.all { timings.append(time(subject, rounds: rounds)) }
        if options.has("json") {
            let report: JSONValue = [
                "schema": "switchyard.parser/1", "rounds": .integer(Int64(rounds)),
                "subjects": .array(timings.map(\.json)),
            ]
            print(report.pretty, terminator: "")
        } else {
            print("ns/message  ns/byte  x touching  what")
            for timing in timings { print(timing.line) }
        }
        return .success
    }

    struct Timing {
        let name: String
        let bytes: Int
        let nanoseconds: Double
        /// Of copying the bytes and searching them once.
        let touching: Double

        var line: String {
            func column(_ value: Double, _ decimals: Int, _ width: Int) -> String {
                let text = fixed(value, decimals: decimals)
                return String(repeating: " ", count: max(0, width - text.count)) + text
            }
            return column(nanoseconds, 1, 10) + column(nanoseconds / Double(bytes), 3, 9)
                + column(nanoseconds / touching, 1, 12) + "  \(name), \(bytes) bytes"
        }

        var json: JSONValue {
            [
                "name": .string(name), "bytes": .integer(Int64(bytes)),
                "ns": .number(nanoseconds), "touching_ns": .number(touching),
            ]
        }
    }

    /// Something that can be done over and over again.
    struct Subject {
        let name: String
        /// Of one message.
        let bytes: Int
        /// Does it this many times; what it returns depends on all of them.
        let work: (_ repeats: Int) -> Int
    }

    private static func time(_ subject: Subject, rounds: Int) -> Timing {
        let touch = Subject.touching(subject.bytes)
        // About two milliseconds each: shorter than the scheduler's slice, so that most rounds run
        // undisturbed and the median is one of them.
        let own = repeats(of: subject)
        let other = repeats(of: touch)
        var times: [Double] = []
        var touches: [Double] = []
        for _ in 0..<rounds {
            times.append(nanoseconds(subject, own))
            touches.append(nanoseconds(touch, other))
        }
        return Timing(
            name: subject.name, bytes: subject.bytes, nanoseconds: Median.of(times) ?? 0,
            touching: Median.of(touches) ?? 1)
    }

    private static func repeats(of subject: Subject) -> Int {
        let trial = 4_000
        _ = nanoseconds(subject, trial)
        return max(1, Int(2e6 / max(0.1, nanoseconds(subject, trial))))
    }

    /// Of one message, on average over `repeats`.
    private static func nanoseconds(_ subject: Subject, _ repeats: Int) -> Double {
        let start = MonotonicClock.now
        let result = subject.work(repeats)
        let spent = MonotonicClock.now.since(start)
        precondition(result != 0, "\(subject.name) did not do its work")
        return Double(spent.raw) / Double(repeats)
    }
}
