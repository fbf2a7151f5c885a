import Basis
import Measure
import Platform
import Secure
import Testing
import Wire

@testable import Load

/// Several kinds of requests in one load.
struct MixTests {
    private static func request(_ path: String) -> [UInt8] {
        Array("GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    }

    private static func chooser(_ weights: [Double], seed: UInt64 = 7) -> KindChooser {
        KindChooser(weights: weights, generator: SeededGenerator(seed: seed))
    }

    @Test(
        "kinds are drawn by their weights, the same for one seed",
        arguments: [[1, 1], [95, 5], [0.5, 0.25, 0.25], [1, 1e6], [3, 2, 1, 1e-3]])
    func shares(weights: [Double]) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var chooser = Self.chooser(weights, seed: seed)
        var again = Self.chooser(weights, seed: seed)
        var counts = [Int](repeating: 0, count: weights.count)
        let draws = 20_000
        for _ in 0..<draws {
            let kind = chooser.next()
            let repeated = again.next()
            #expect(kind == repeated)
            counts[kind] += 1
        }
        let total = weights.reduce(0, +)
        for (kind, weight) in weights.enumerated() {
            let share = weight / total
            // Six standard deviations of a binomial count, and one draw.
            let slack = 6 * (Double(draws) * share * (1 - share)).squareRoot() + 1
            #expect(
                abs(Double(counts[kind]) - Double(draws) * share) <= slack,
                "seed \(seed): \(counts)")
        }
    }

    /// Which kinds a world of HTTP/1.1 was asked for, in their order.
    private final class Asked {
        var paths = ""
    }

    /// Runs two kinds against a server that answers each in its own time and with its own status.
    private func run(
        _ run: WorldRun, seed: UInt64, pipeline: Int = 1, sendLimit: Int = .max,
        pacing: some Pacing, _ answers: [Character: VirtualWorld.Action], _ asked: Asked
    ) throws -> GeneratorResult {
        run.world.sendLimit = sendLimit
        let paths: [Character] = ["a", "b"]
        var heard: [Int: [UInt8]] = [:]
        run.world.hear = { connection, bytes, _ in
            heard[connection, default: []] += bytes
            var actions: [VirtualWorld.Action] = []
            let end = Array("\r\n\r\n".utf8)
            while let range = heard[connection]!.firstRange(of: end) {
                // Behind "GET /".
                let path = Character(Unicode.Scalar(heard[connection]![5]))
                heard[connection]!.removeSubrange(..<range.upperBound)
                asked.paths.append(path)
                if let action = answers[path] { actions.append(action) }
            }
            return actions
        }
        let client = ComposedHTTP1Client(
            // Of different lengths.
            requests: [Self.request("a"), Self.request("b?longer=1")],
            chooser: Self.chooser([3, 1], seed: seed), pipeline: pipeline)
        #expect(paths.count == client.kinds)
        run.control.begin(at: run.world.now)
        return try run.run(
            pacing, over: PlainStream.self, PlainStream.Context(), client
        ).unwrapped()
    }

    @Test("each kind has its own latencies, in the order that follows from the seed")
    func latencies() throws {
        var orders: [String] = []
        for _ in 0..<2 {
            let asked = Asked()
            let result = try run(
                WorldRun(connections: 2, duration: .seconds(1)), seed: 11, pacing: ClosedPacing(),
                [
                    "a": .send(WireText.ok, after: .milliseconds(1)),
                    "b": .send(WireText.ok, after: .milliseconds(5)),
                ], asked)
            #expect(result.kinds.count == 2)
            #expect(result.kinds[0].response.min >= .milliseconds(1))
            #expect(result.kinds[0].response.max < .milliseconds(2))
            #expect(result.kinds[1].response.min >= .milliseconds(5))
            #expect(result.kinds[1].response.max < .milliseconds(6))
            #expect(Int(result.kinds[0].succeeded) == asked.paths.count { $0 == "a" })
            #expect(Int(result.kinds[1].succeeded) == asked.paths.count { $0 == "b" })
            #expect(result.tally.succeeded == result.kinds[0].succeeded + result.kinds[1].succeeded)
            #expect(result.tally.response.totalCount == result.tally.succeeded)
            orders.append(asked.paths)
        }
        #expect(orders[0] == orders[1] && orders[0].contains("b"))
    }

    @Test(
        "answers belong to the kind that was asked, pipelined or cut to pieces",
        arguments: [(1, Int.max), (4, .max), (4, 7), (1, 1)])
    func failures(pipeline: Int, sendLimit: Int) throws {
        let asked = Asked()
        let result = try run(
            WorldRun(connections: 3, duration: .seconds(1)), seed: 5, pipeline: pipeline,
            sendLimit: sendLimit, pacing: ClosedPacing(),
            [
                "a": .send(WireText.ok, after: .milliseconds(1)),
                "b": .send(WireText.notFound, after: .milliseconds(1)),
            ], asked)
        #expect(result.kinds[0].failed == 0 && result.kinds[1].succeeded == 0)
        #expect(Int(result.kinds[0].succeeded) == asked.paths.count { $0 == "a" })
        #expect(Int(result.kinds[1].failed) == asked.paths.count { $0 == "b" })
        #expect(result.kinds[1].failed == result.tally.errors.status)
        #expect(result.kinds[1].failed > 0 && result.kinds[1].response.isEmpty)
    }

    @Test("a kind that is never answered runs out of time by itself, at its whole age")
    func timeouts() throws {
        let asked = Asked()
        var world = WorldRun(connections: 50, duration: .seconds(1))
        world.plan.timeout = .milliseconds(100)
        let result = try run(
            world, seed: 5,
            pacing: OpenPacing(
                .constant(ConstantPacing(rate: PerSecond(raw: 100), phase: 0, turns: nil)),
                opensConnections: false),
            ["a": .send(WireText.ok, after: .milliseconds(1))], asked)
        let lost = asked.paths.count { $0 == "b" }
        #expect(lost > 0 && Int(result.kinds[1].failed) == lost)
        #expect(result.kinds[1].response.min >= .milliseconds(100))
        #expect(result.kinds[0].failed == 0)
        #expect(Int(result.tally.errors.timeout) == lost)
    }

    // MARK: the command line

    private func plan(_ arguments: [String], file: String = "") throws(Complaint) -> LoadPlan {
        let options = try LoadOptions.parser.parse(arguments + ["http://127.0.0.1:8080/"])
        return try LoadOptions.plan(options, randomSeed: 77) { (path) throws(Complaint) in
            Array(file.utf8)
        }
    }

    private static let file = """
        // A comment.
        {kinds: [
          {name: 'read', weight: 9, path: '/a?b', headers: {'X-Own': '1', Accept: 'text/plain'}},
          {weight: 1, path: '/c', body: 'hello'},
        ]}
        """

    @Test("a file and a text say the same requests", arguments: [true, false])
    func read(isInline: Bool) throws {
        let text = isInline ? String(Self.file.dropFirst("// A comment.\n".count)) : "mix.json5"
        let plan = try plan(
            ["--mix", text, "-H", "X-All: 2", "-H", "accept: */*"], file: Self.file)
        #expect(plan.mix.map(\.name) == ["read", "/c"] && plan.mix.map(\.weight) == [9, 1])
        let requests = plan.mix.map { String(decoding: $0.request.bytes, as: UTF8.self) }
        #expect(
            requests[0]
                == "GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nX-All: 2\r\nX-Own: 1\r\n"
                + "Accept: text/plain\r\n\r\n")
        #expect(
            requests[1]
                == "POST /c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nX-All: 2\r\naccept: */*\r\n"
                + "Content-Length: 5\r\n\r\nhello")
    }

    @Test(
        "a mix that can't be sent is refused in one line",
        arguments: [
            (
                ["--mix", "m", "-X", "PUT"], file,
                "--method means nothing with --mix, whose kinds have their own requests;"
                    + " leave one of them out"
            ),
            (
                ["--mix", "m", "--protocol", "ws"], file,
                "--mix is not for WebSocket; leave it out, or take h1 or h2"
            ),
            (
                ["--mix", "m"], "{kinds: [{wieght: 1, path: '/a'}]}",
                "m: kinds[0]: unknown key 'wieght'; did you mean 'weight'?"
            ),
            (["--mix", "m"], "{kinds: [", "m: line 1, column 10: "),
            (
                ["--mix", "m"],
                "{kinds: [{weight: 1, path: '/a', headers: {'A B': '1'}}, "
                    + "{weight: 1, path: '/b'}]}",
                "kind '/a' of --mix: 'A B' is not a field name; use letters, digits and hyphens"
            ),
        ])
    func refusals(arguments: [String], file: String, complaint: String) {
        #expect {
            _ = try plan(arguments, file: file)
        } throws: { error in
            "\(error)".hasPrefix(complaint) && (error as? Complaint)?.status == .usage
        }
    }
}
