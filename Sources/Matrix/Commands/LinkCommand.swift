import Basis
import Link
import Platform

/// Runs a command behind a link with a round-trip time.
enum LinkCommand: Command {
    static let name = "link"
    static let parser = OptionParser(
        program: "switchyard link", operands: "-- COMMAND [ARGUMENT]...",
        summary: "run a command behind a link with a round-trip time",
        options: [
            OptionSpec("rtt", value: "TIME", help: "round-trip time, such as 20ms"),
            OptionSpec("loss", value: "SHARE", help: "packets lost each way, such as 0.1% (none)"),
            OptionSpec("rate", value: "BITS", help: "bits a second each way: 100mbit (no limit)"),
            OptionSpec("queue", value: "SIZE", help: "waits for the rate, the rest drops (256KiB)"),
            OptionSpec("jitter", value: "TIME", help: "longest extra delay each way (none)"),
            OptionSpec(
                "far", value: "COMMAND", help: "a command for the far side, such as a server"),
            OptionSpec(
                "await", value: "PORT", help: "begin when the far side listens on this port"),
            OptionSpec("hold", help: "no COMMAND: say where the networks are, wait for SIGTERM"),
            OptionSpec("seed", value: "N", help: "of losses and jitter (random, shown)"),
            OptionSpec("device", value: "KIND", help: "tun or veth (tun where it may be used)"),
            OptionSpec("quiet", short: "q", help: "say nothing of what the link did"),
            RunOptions.json,
        ],
        epilogue: """
            COMMAND runs on the near side at \(LinkSide.near.addressText), the far command at \
            \(LinkSide.far.addressText).
            They see one another and nothing else; files and Unix sockets are shared.
            SWITCHYARD_NEAR and SWITCHYARD_FAR in their environment are the addresses,
            SWITCHYARD_NEAR_NETWORK and SWITCHYARD_FAR_NETWORK files for nsenter --net.
            The far command is split as by a shell and ended when COMMAND ends. What it writes, what
            the link did and the object of --json go to standard error.
            With --hold standard output has one object, which names the files of the networks.
            Exit status: COMMAND's, 128+N when signal N ended it, 126 or 127 when it can't be run.
            Such as:
            switchyard link --rtt 20ms --far 'python3 -m http.server 80' --await 80 -- \
            curl \(LinkSide.far.addressText)
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let request = try request(options)
        var session = try LinkSession(request)
        let isQuiet = options.has("quiet")
        if !isQuiet {
            for note in session.notes { console.errors("switchyard link: note: \(note)\n") }
        }
        let end = session.run { console.output($0.json.compact + "\n") }
        if let complaint = end.complaint { console.errors("switchyard: \(complaint)\n") }
        if let note = end.note, !isQuiet { console.errors("switchyard link: note: \(note)\n") }
        if let report = end.report {
            if options.has("json") {
                console.errors(report.json(status: end.status).compact + "\n")
            } else if !isQuiet, end.complaint == nil {
                console.errors(report.text)
            }
        }
        // The status is the command's own, for which this program has no name.
        StandardStreams.end(status: end.status)
    }

    static func request(_ options: ParsedOptions) throws(Complaint) -> LinkRequest {
        let longest = Link.Limit.delay
        guard let roundTrip = try options.time("rtt", in: .zero...longest) else {
            throw Complaint("--rtt is missing", remedy: "give a round-trip time such as --rtt 20ms")
        }
        if options.has("hold"), let stray = options.operands.first {
            throw Complaint(
                "--hold runs no command such as '\(stray)'", remedy: "leave one of them out")
        }
        let isCommand = options.operands.first?.isEmpty == false
        guard isCommand || options.has("hold") else {
            throw Complaint(
                "there is no command", remedy: "write one behind --, such as -- curl http://...")
        }
        var settings = LinkSettings(roundTrip: roundTrip)
        settings.jitter = try options.time("jitter", in: .zero...longest) ?? .zero
        settings.loss = try loss(options) ?? 0
        settings.rate = try rate(options)
        if let queue = try options.bytes("queue", in: Link.Limit.queueBytes) {
            guard settings.rate != nil else {
                throw Complaint("--queue waits for a rate", remedy: "give --rate, or leave it out")
            }
            settings.queue = queue
        }
        settings.seed = UInt64(try options.seed("seed") ?? .random(in: 0..<1_000_000_000))
        settings.device = try options.choice("device", of: LinkSettings.Device.self)
        var request = LinkRequest(settings, command: options.operands)
        if let far = options.text("far") {
            request.farCommand = try ShellWords.split(far, origin: "--far")
            guard request.farCommand.first?.isEmpty == false else {
                throw Complaint("--far names no command", remedy: "give one, or leave it out")
            }
        }
        if let port = try options.count("await", in: 1...65_535) {
            guard !request.farCommand.isEmpty else {
                throw Complaint("--await has nobody to wait for", remedy: "give --far as well")
            }
            request.awaitedPort = UInt16(port)
        }
        return request
    }

    private static func loss(_ options: ParsedOptions) throws(Complaint) -> Double? {
        guard let text = options.text("loss") else { return nil }
        if let share = parseShare(text) { return share }
        throw Complaint(
            "--loss '\(text)' is not a share from 0% to 100%", remedy: "give one such as 0.1%")
    }

    private static func rate(_ options: ParsedOptions) throws(Complaint) -> Int? {
        guard let text = options.text("rate") else { return nil }
        if let rate = parseBitRate(text), Link.Limit.rate.contains(rate) { return rate }
        throw Complaint(
            "--rate '\(text)' is not a rate from 8kbit to 100gbit",
            remedy: "give one such as 100mbit")
    }
}
