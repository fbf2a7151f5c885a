import Basis
import Platform
import Serve

/// switchyard-server: parse, choose, run, report.
@main
enum Main {
    static func main() {
        let parser = ServerOptions.parser
        do throws(Complaint) {
            let parsed = try parser.parse(Array(CommandLine.arguments.dropFirst()))
            if parsed.wantsHelp {
                StandardStreams.output(parser.help)
            } else if parsed.has("patterns") {
                StandardStreams.output(PatternID.list)
            } else if parsed.has("version") {
                StandardStreams.output("switchyard-server \(switchyardVersion)\n")
            } else {
                let options = try ServerOptions(parsed)
                for warning in options.warnings {
                    StandardStreams.error("\(parser.program): warning: \(warning)\n")
                }
                // A handler that sleeps does so for as long as it was asked to; threads and
                // processes take it over.
                Thread.setTimerSlack(Nanoseconds(raw: 1))
                try Server.run(options) { line in
                    StandardStreams.output(line.compact + "\n")
                }
            }
            StandardStreams.end(parser.program, .success)
        } catch {
            StandardStreams.fail(parser.program, error)
        }
    }
}
