import Basis
import Link
import Testing

@testable import Matrix

@Suite("the command line of a link")
struct LinkCommandTests {
    @Test(
        "what can't be carried out is one line and status 64, before anything is made",
        arguments: [
            ([], "--rtt is missing; give a round-trip time such as --rtt 20ms"),
            (
                ["--rtt", "20ms"],
                "there is no command; write one behind --, such as -- curl http://..."
            ),
            (["--rtt", "20ms", "--", ""], "there is no command; "),
            (
                ["--rtt", "20ms", "--hold", "--", "x"],
                "--hold runs no command such as 'x'; leave one of them out"
            ),
            (["--rtt", "-5ms", "--", "x"], "--rtt '-5ms' is not a time; "),
            (["--rtt", "soon", "--", "x"], "--rtt 'soon' is not a time; "),
            (["--rtt", "11s", "--", "x"], "--rtt 11s is out of range; "),
            (["--rtt", "1ms", "--jitter", "1h", "--", "x"], "--jitter 1h is out of range; "),
            (["--rtt", "1ms", "--loss", "0.1", "--", "x"], "--loss '0.1' is not a share from "),
            (["--rtt", "1ms", "--loss", "101%", "--", "x"], "--loss '101%' is not a share from "),
            (["--rtt", "1ms", "--rate", "100", "--", "x"], "--rate '100' is not a rate from "),
            (["--rtt", "1ms", "--rate", "1bit", "--", "x"], "--rate '1bit' is not a rate from "),
            (["--rtt", "1ms", "--rate", "101gbit", "--", "x"], "--rate '101gbit' is not a rate "),
            (
                ["--rtt", "1ms", "--queue", "4KiB", "--", "x"],
                "--queue waits for a rate; give --rate, or leave it out"
            ),
            (
                ["--rtt", "1ms", "--rate", "1mbit", "--queue", "1", "--", "x"],
                "--queue '1' is not a size from "
            ),
            (["--rtt", "1ms", "--seed", "x", "--", "x"], "--seed 'x' is not a whole number "),
            (
                ["--rtt", "1ms", "--device", "tap", "--", "x"],
                "--device 'tap' is unknown; choose from tun, veth"
            ),
            (["--rtt", "1ms", "--far", " ", "--", "x"], "--far names no command; "),
            (["--rtt", "1ms", "--far", "'a", "--", "x"], "--far ''a' has a ' without its end; "),
            (["--rtt", "1ms", "--await", "80", "--", "x"], "--await has nobody to wait for; "),
            (
                ["--rtt", "1ms", "--far", "a", "--await", "0", "--", "x"],
                "--await '0' is not a whole number from 1 to 65535; "
            ),
            (["--rtt", "1ms", "curl", "-s"], "unknown option -s; see switchyard link --help"),
        ])
    func complaints(arguments: [String], message: String) {
        let transcript = Transcript()
        #expect(Switchyard.main(["link"] + arguments, on: transcript.console) == .usage)
        #expect(
            transcript.errors.hasPrefix("switchyard: \(message)")
                && transcript.errors.filter { $0 == "\n" }.count == 1, "\(transcript.errors)")
        #expect(transcript.output.isEmpty)
    }

    @Test("what is asked for arrives")
    func request() throws {
        let options = try LinkCommand.parser.parse([
            "--rtt", "20ms", "--loss", "0.1%", "--rate", "100mbit", "--queue", "64KiB", "--jitter",
            "1ms", "--seed", "9", "--device", "veth", "--far", "a 'b c'", "--await", "8080", "--",
            "curl", "-s", "--", "x",
        ])
        let request = try LinkCommand.request(options)
        var settings = LinkSettings(roundTrip: .milliseconds(20))
        settings.loss = 0.001
        settings.rate = 100_000_000
        settings.queue = .kibibytes(64)
        settings.jitter = .milliseconds(1)
        settings.seed = 9
        settings.device = .veth
        #expect(request.settings == settings)
        #expect(request.command == ["curl", "-s", "--", "x"])
        #expect(request.farCommand == ["a", "b c"] && request.awaitedPort == 8_080)
    }

    @Test("no round-trip time at all is one of zero")
    func zero() throws {
        let request = try LinkCommand.request(
            try LinkCommand.parser.parse(["--rtt", "0", "--", "true"]))
        #expect(request.settings.roundTrip == .zero && request.farCommand.isEmpty)
    }
}
