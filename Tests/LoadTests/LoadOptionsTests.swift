import Basis
import Platform
import Report
import Testing
import Wire

@testable import Load

struct LoadOptionsTests {
    private func plan(_ arguments: [String]) throws(Complaint) -> LoadPlan {
        let options = try LoadOptions.parser.parse(arguments)
        return try LoadOptions.plan(options, randomSeed: 77) { (path) throws(Complaint) in
            if path == "there" { return [0, 1, 255] }
            if path == "secret" { return Array("me:it\r\n".utf8) }
            throw Complaint("'\(path)' is missing", remedy: "look elsewhere", status: .failure)
        }
    }

    private let url = "http://127.0.0.1:8080/plaintext"

    @Test("a URL is enough")
    func defaults() throws {
        let plan = try plan([url])
        #expect(plan.destination == .v4(0x7F00_0001, port: 8080))
        #expect(plan.connections == 64 && plan.threads == 1 && plan.pipeline == 1)
        #expect(plan.duration == .seconds(10) && plan.warmUp == .seconds(1))
        #expect(plan.timeout == .seconds(2) && plan.sendsAtOnce && !plan.spins && !plan.isQuiet)
        #expect(plan.transmission == Transmission() && plan.transmission.isPlain)
        #expect(plan.arrivals == .closed && plan.seed == 77 && plan.application == .h1)
        #expect(plan.requestsPerConnection == nil && plan.cpus == nil && plan.sources.isEmpty)
        let text = String(decoding: plan.request.bytes, as: UTF8.self)
        #expect(text == "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")
    }

    @Test("every option reaches the plan")
    func everything() throws {
        let cpu = CPUSet.available.cpus[0]
        let plan = try plan([
            "-c", "10k", "-t", "1", "-d", "30s", "--warmup=5s", "-R", "50k", "--arrivals",
            "poisson",
            "--protocol", "h1", "--pipeline", "16", "--requests-per-connection", "100", "-X", "PUT",
            "-H", "Accept: text/plain", "-HX-Two:2", "--body", "hello", "--timeout", "500ms",
            "--nodelay", "off", "--quickack", "on", "--cork", "on", "--write-shape", "trickle",
            "--source-ips", "127.0.0.2-127.0.0.9", "--cpus", "\(cpu)", "--spin",
            "--json", "-", "--csv", "b", "--hlog", "c", "--hgrm", "d", "--slo", "p99<5ms",
            "--slo", "rps>1k", "--seed", "42", "-q", url,
        ])
        #expect(plan.connections == 10_000 && plan.threads == 1 && plan.pipeline == 16)
        #expect(plan.duration == .seconds(30) && plan.warmUp == .seconds(5))
        #expect(plan.arrivals == .poisson(PerSecond(raw: 50_000)))
        #expect(plan.requestsPerConnection == 100 && plan.timeout == .milliseconds(500))
        #expect(!plan.sendsAtOnce && plan.spins && plan.isQuiet && plan.seed == 42)
        #expect(plan.transmission.acknowledgesAtOnce && plan.transmission.corks)
        #expect(plan.transmission.shape == .trickle)
        #expect(plan.share(ofThread: 0).transmission == plan.transmission)
        #expect(plan.sources.count == 8 && plan.cpus == CPUSet([cpu]))
        #expect(plan.outputs.paths[.json] == "-" && plan.outputs.paths[.csv] == "b")
        #expect(plan.outputs.paths[.hlog] == "c" && plan.outputs.paths[.hgrm] == "d")
        #expect(plan.outputs.takeStandardOutput)
        #expect(plan.objectives.count == 2)
        let text = String(decoding: plan.request.bytes, as: UTF8.self)
        #expect(text.hasPrefix("PUT /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"))
        #expect(text.contains("\r\nAccept: text/plain\r\nX-Two: 2\r\n"))
        #expect(text.hasSuffix("Content-Length: 5\r\n\r\nhello"))
    }

    @Test("bursts need a rate, and leave it as it is")
    func bursts() throws {
        let plan = try plan(["-R", "9k", "--burst", "30", url])
        #expect(plan.burst == 30 && plan.targetRate == 9_000)
        #expect(try self.plan(["-R", "9k", url]).burst == 1)
        let connections = try self.plan(["--connection-rate", "1k", "--burst", "1k", url])
        #expect(connections.burst == 1_000 && connections.targetConnectionRate == 1_000)
        #expect {
            _ = try self.plan(["--burst", "30", url])
        } throws: {
            "\($0)".hasPrefix("--burst means nothing in a closed loop; give a --rate")
        }
        #expect {
            _ = try self.plan(["-R", "9k", "--burst", "0", url])
        } throws: {
            "\($0)".hasPrefix("--burst '0' is not a whole number from 1 to 65535")
        }
    }

    @Test("a turn is read with its place, its length and the instant it is counted from")
    func turn() throws {
        let turns = try Turns(parsing: "1/3:1.5ms@9223372036854775807")
        #expect(
            turns
                == Turns(
                    index: 1, of: 3, length: .microseconds(1_500), start: .init(raw: .max)))
    }

    @Test(
        "every seed that a run may draw is one for the generator",
        arguments: [SeededGenerator.seeds.lowerBound, 42, SeededGenerator.seeds.upperBound - 1])
    func seeds(seed: Int64) throws {
        #expect(try plan(["--seed", "\(seed)", url]).seed == seed)
    }

    @Test("a body makes a POST, and comes from a file byte for byte")
    func body() throws {
        let plan = try plan(["--body", "@there", url])
        #expect(Array(plan.request.bytes.suffix(3)) == [0, 1, 255])
        #expect(String(decoding: plan.request.bytes, as: UTF8.self).hasPrefix("POST "))
    }

    @Test(
        "a WebSocket is asked for by the URL or by name",
        arguments: [
            (["ws://127.0.0.1:8080/ws"], 1, String(repeating: "x", count: 13), true),
            (["--protocol", "ws", "http://127.0.0.1:8080/ws"], 1, "xxxxxxxxxxxxx", true),
            (["-m", "9", "--message-size", "0", "ws://127.0.0.1:8080/ws"], 9, "", true),
            (["--message", "binary", "--body", "é", "ws://127.0.0.1:8080/ws"], 1, "é", false),
        ] as [([String], Int, String, Bool)])
    func webSocket(arguments: [String], streams: Int, message: String, isText: Bool) throws {
        let plan = try plan(arguments)
        guard case .ws(let request) = plan.application else {
            Issue.record("another protocol")
            return
        }
        #expect(plan.streams == streams && plan.application.name == "ws")
        #expect(request.message == Array(message.utf8))
        #expect(request.kind == (isText ? .text : .binary))
        #expect("\(plan.url)" == arguments.last)
    }

    @Test("event streams are asked for by name, in whatever Accept says")
    func eventStreams() throws {
        let plan = try plan(["--protocol", "sse", url])
        #expect(plan.application == .sse && plan.application.name == "sse")
        #expect(!plan.application.subscribes)
        let text = String(decoding: plan.request.bytes, as: UTF8.self)
        #expect(text.hasSuffix("\r\nAccept: text/event-stream\r\n\r\n"))
        let own = try self.plan(["--protocol", "sse", "-H", "accept: x", "--body", "{}", url])
        let other = String(decoding: own.request.bytes, as: UTF8.self)
        #expect(other.hasPrefix("POST ") && other.contains("\r\naccept: x\r\n"))
        #expect(!other.contains("Accept"))
    }

    @Test(
        "a subscription is asked for by a flag",
        arguments: [
            (["--subscribe", "http://127.0.0.1:1/sse?topic=a"], "sse"),
            (["--subscribe", "--protocol", "sse", "127.0.0.1:1/poll?topic=a"], "sse"),
            (["--subscribe", "ws://127.0.0.1:1/ws/topic/a"], "ws"),
            (["--subscribe", "--protocol", "ws", "127.0.0.1:1/ws/topic/a"], "ws"),
        ])
    func subscriptions(arguments: [String], name: String) throws {
        let plan = try plan(arguments)
        #expect(plan.application.subscribes && plan.application.name == name)
        #expect(plan.arrivals == .closed && plan.request.body.isEmpty)
    }

    @Test("a message of time has room for it", arguments: [nil, 19, 20, 100])
    func timed(size: Int?) throws {
        let plan = try plan(
            ["--message", "time", "ws://127.0.0.1:1/ws"]
                + (size.map { ["--message-size", "\($0)"] } ?? []))
        guard case .ws(let request) = plan.application else {
            Issue.record("another protocol")
            return
        }
        #expect(request.use == .timedEchoes && request.kind == .text)
        #expect(request.message.count == size ?? 19)
        #expect(
            request.message.dropFirst(19).prefix(2) == Array(" x".utf8).prefix((size ?? 19) - 19))
    }

    @Test("threads share connections, addresses and CPUs")
    func shares() throws {
        var plan = try plan(["-c", "10", "-t", "3", "--source-ips", "127.0.0.1-127.0.0.6", url])
        #expect((0..<3).map { plan.share(ofThread: $0).connections } == [4, 3, 3])
        let first = (0..<3).map { plan.share(ofThread: $0).sources[0].numericHost }
        #expect(first == ["127.0.0.1", "127.0.0.3", "127.0.0.5"])
        #expect((0..<3).allSatisfy { plan.share(ofThread: $0).sources.count == 6 })
        plan.cpus = CPUSet([3, 5, 9])
        #expect((0..<3).map { plan.share(ofThread: $0).cpu } == [3, 5, 9])
    }

    @Test(
        "what can't be carried out is refused in one line that says how to mend it",
        arguments: [
            ([], "no URL"), (["a", "b"], "more than one URL"), (["ftps://a/"], "scheme ftps"),
            (["-c", "0", "a"], "--connections '0'"), (["-c", "many", "a"], "--connections 'many'"),
            (["-t", "0", "a"], "--threads '0'"), (["-c", "2", "-t", "4", "a"], "4 threads"),
            (["-d", "0s", "a"], "--duration 0s"), (["-d", "soon", "a"], "--duration 'soon'"),
            (["-R", "0", "a"], "--rate '0'"), (["-R", "fast", "a"], "--rate 'fast'"),
            (["-R", "0.0000000001", "a"], "less than one request in 1000 seconds"),
            (["-R", "0.00099", "--arrivals", "poisson", "a"], "less than one request"),
            (["-R", "1G", "a"], "more than 1 threads can send"),
            (["--arrivals", "poisson", "a"], "--arrivals means nothing"),
            (["--spin", "a"], "--spin means nothing"),
            (["--turn", "0/2:25ms@5", "a"], "--turn means nothing"),
            (["-R", "1", "--turn", "2/2:25ms@5", "a"], "--turn '2/2:25ms@5' is no turn"),
            (["-R", "1", "--turn", "0/9:25ms@5", "a"], "at most 8 turns"),
            (["-R", "1", "--turn", "0/2:25ms", "a"], "is no turn"),
            (["-R", "1", "--turn", "0/2:25ms@-5", "a"], "is no turn"),
            (["-R", "1", "--turn", "0/2:25ms@5@5", "a"], "is no turn"),
            (["-R", "1", "--turn", "0/2/3:25ms@5", "a"], "is no turn"),
            (["-R", "1", "--turn", "0/2:0.9ms@5", "a"], "is no turn"),
            (["-R", "1", "--turn", "", "a"], "is no turn"),
            (["-R", "6M", "--turn", "0/2:25ms@5", "a"], "more than 1 threads can send"),
            (["-R", "1", "--arrivals", "poison", "a"], "did you mean poisson?"),
            (["--protocol", "h3", "a"], "--protocol 'h3'"),
            (["-m", "2", "a"], "HTTP/1.1 has no --streams"),
            (["--protocol", "h2", "--pipeline", "2", "a"], "HTTP/2 has no --pipeline"),
            (["--protocol", "h2", "-m", "0", "a"], "--streams '0'"),
            (["--protocol", "h2", "-H", "Upgrade: x", "a"], "no meaning in HTTP/2"),
            (["--protocol", "h1", "ws://a"], "a ws:// URL is not asked in HTTP/1.1"),
            (["wss://a:0"], "no port"),
            (["--protocol", "ws", "--pipeline", "2", "a"], "WebSocket has no --pipeline"),
            (["-m", "0", "ws://a"], "--streams '0'"), (["-X", "PUT", "ws://a"], "with GET"),
            (["-H", "Upgrade: x", "ws://a"], "Upgrade belongs to the opening"),
            (["--message-size", "1", "a"], "--message-size means nothing in HTTP/1.1"),
            (["--message", "text", "a"], "--message means nothing in HTTP/1.1"),
            (["--message", "picture", "ws://a"], "--message 'picture'"),
            (["--message-size", "17MiB", "ws://a"], "--message-size '17MiB'"),
            (["--message-size", "1", "--body", "a", "ws://a"], "both say what the message is"),
            (["--body", "@there", "ws://a"], "is not UTF-8"),
            (["--protocol", "h2", "grpc://a/"], "is not asked in HTTP/2"),
            (["--messages", "2", "a"], "--messages means nothing in HTTP/1.1"),
            (
                ["--protocol", "h2", "--grpc-kind", "bidi", "a"],
                "--grpc-kind means nothing in HTTP/2"
            ),
            (["--grpc-kind", "both", "grpc://a/"], "--grpc-kind 'both'"),
            (["--grpc-method", "Unary", "grpc://a/"], "'Unary' is no method of gRPC"),
            (["grpc://a/Unary"], "'/Unary' is no method of gRPC"),
            (["-X", "PUT", "grpc://a/"], "has no --method"),
            (["--messages", "2", "grpc://a/"], "a unary call has no --messages"),
            (
                ["--grpc-kind", "bidi", "--message-interval", "1s", "grpc://a/"],
                "--message-interval is of the messages of a server"
            ),
            (["--body", "x", "--message-size", "2", "grpc://a/"], "--body says what"),
            (["--message-size", "5MiB", "grpc://a/"], "--message-size '5MiB'"),
            (
                ["--grpc-kind", "bidi", "--messages", "1M", "--message-size", "1MiB", "grpc://a"],
                "the messages of a call have more than"
            ),
            (["--pipeline", "2", "grpc://a"], "gRPC has no --pipeline"),
            (["--protocol", "sse", "-m", "2", "a"], "SSE has no --streams"),
            (["--protocol", "sse", "--pipeline", "2", "a"], "SSE has no --pipeline"),
            (["--protocol", "sse", "ws://a"], "a ws:// URL is not asked in SSE"),
            (["--protocol", "sse", "--message", "time", "a"], "--message means nothing in SSE"),
            (["--protocol", "h2", "--subscribe", "a"], "--subscribe means nothing in HTTP/2"),
            (["--protocol", "h1", "--subscribe", "a"], "--subscribe means nothing in HTTP/1.1"),
            (["--subscribe", "grpc://a"], "--subscribe means nothing in gRPC"),
            (["--subscribe", "-R", "5", "a"], "--rate means nothing to a subscriber"),
            (["--subscribe", "--pipeline", "1", "a"], "--pipeline means nothing to a subscriber"),
            (["--subscribe", "-m", "1", "ws://a"], "--streams means nothing to a subscriber"),
            (
                ["--subscribe", "--requests-per-connection", "5", "a"],
                "--requests-per-connection means nothing to a subscriber"
            ),
            (["--subscribe", "--body", "x", "a"], "--body means nothing to a subscriber"),
            (["--subscribe", "--message", "text", "ws://a"], "--message means nothing to a sub"),
            (["--subscribe", "-X", "PUT", "a"], "--method means nothing to a subscriber"),
            (["--message", "time", "--message-size", "18", "ws://a"], "has 19 bytes, more than"),
            (["--message", "time", "--body", "x", "ws://a"], "both say what the message is"),
            (["--tls", "1.3", "a"], "--tls means nothing without TLS; give a https:// URL"),
            (["-k", "ws://a"], "--insecure means nothing without TLS; give a wss:// URL"),
            (["--tls", "1.1", "https://a"], "--tls '1.1' is unknown"),
            (["--cert", "x", "https://a"], "--cert is given alone"),
            (["-k", "--cacert", "x", "https://a"], "--cacert means nothing with --insecure"),
            (["--cacert", "/", "https://a"], "TLS can't use the authorities /: Is a directory"),
            (["--ciphers", "", "https://a"], "TLS can't use the ciphers ''"),
            (["--ciphers", "TLS_NO", "https://a"], "TLS can't use the ciphers 'TLS_NO'"),
            (["--groups", "no", "https://a"], "TLS can't use the groups 'no'"),
            (["-u", "me", "a"], "--user has no colon"),
            (["-u", "me:\u{7}", "a"], "--user holds a control character"),
            (["-u", "me:it", "-H", "authorization: x", "a"], "--header 'Authorization' are given"),
            (["http://me:it@a"], "the URL holds a user name; give --user"),
            (["--keepalive", "maybe", "a"], "neither on nor off"),
            (["--keepalive", "off", "--requests-per-connection", "2", "a"], "contradict"),
            (["--keepalive", "off", "--skew", "zipf:1", "-R", "1", "a"], "--keepalive"),
            (["-n", "0", "a"], "--requests '0'"), (["-n", "1", "-t", "2", "a"], "can't be shared"),
            (["-n", "9", "--connection-rate", "1", "a"], "--requests means nothing with"),
            (["-n", "9", "--subscribe", "a"], "--requests means nothing with --subscribe"),
            (["-n", "9", "--stages", "1:1s", "a"], "--requests means nothing with --stages"),
            (["--histogram", "--stages", "1:1s", "a"], "--histogram would mix"),
            (["--pipeline", "0", "a"], "--pipeline '0'"), (["-X", "GE T", "a"], "GE T"),
            (["-H", "nothing", "a"], "--header 'nothing'"), (["-H", ": x", "a"], "--header ': x'"),
            (["-H", "Content-Length: 3", "a"], "Content-Length"),
            (["--body", "@gone", "a"], "gone"), (["--timeout", "0s", "a"], "--timeout 0s"),
            (["--nodelay", "maybe", "a"], "neither on nor off"),
            (["--quickack", "maybe", "a"], "neither on nor off"),
            (["--cork", "maybe", "a"], "neither on nor off"),
            (["--write-shape", "two", "a"], "choose from one, head-then-body, trickle"),
            (["--source-ips", "here", "a"], "--source-ips 'here'"),
            (["--cpus", "x", "a"], "CPU list 'x'"), (["--cpus", "8000", "a"], "CPU 8000"),
            (["-t", "99", "-c", "99", "--cpus", "0", "a"], "1 CPUs for 99 threads"),
            (["--slo", "p99", "a"], "--slo 'p99'"), (["--seed", "-1", "a"], "--seed '-1'"),
            (["--json", "-", "--csv", "-", "a"], "two outputs on -"),
            (["--conections", "3", "a"], "did you mean --connections?"),
        ] as [([String], String)])
    func refused(_ arguments: [String], _ why: String) {
        let complaint = #expect(throws: Complaint.self) { try plan(arguments) }
        let text = complaint?.description ?? ""
        #expect(text.contains(why), "\(text)")
        #expect(complaint?.remedy.isEmpty == false)
        #expect(!text.contains("\n"))
        let isOutside = arguments.contains("@gone") || arguments.contains("/")
        #expect(complaint?.status == (isOutside ? .failure : .usage))
    }

    @Test("who asks is told in the head, and never in a message", arguments: ["me:it", "@secret"])
    func user(text: String) throws {
        for arguments in [["-u", text], ["--user", text, "--protocol", "h2"]] {
            let plan = try plan(arguments + [url])
            let head = String(decoding: plan.request.bytes, as: UTF8.self)
            #expect(head.contains("\r\nAuthorization: Basic bWU6aXQ=\r\n"))
        }
        for arguments in [
            ["-u", "me:secret\u{1}", url], ["http://me:secret@a"],
            ["-u", "me:secret", "-H", "Authorization: x", url],
        ] {
            let complaint = #expect(throws: Complaint.self) { try plan(arguments) }
            #expect(complaint?.description.contains("secret") == false)
        }
    }

    @Test("a number of requests takes the place of times, where these are not given")
    func requests() throws {
        let bare = try plan(["-n", "1k", "-t", "3", url])
        #expect(bare.requests == 1_000 && bare.warmUp == .zero && bare.duration > .seconds(86_400))
        #expect((0..<3).map { bare.share(ofThread: $0).requests } == [334, 333, 333])
        let both = try plan(["-n", "9", "-d", "3s", "--warmup", "2s", url])
        #expect(both.warmUp == .seconds(2) && both.duration == .seconds(3))
        #expect(try plan([url]).requests == nil)
    }

    @Test("no keep-alive is a connection for each request")
    func keepAlive() throws {
        #expect(try plan(["--keepalive", "off", url]).requestsPerConnection == 1)
        #expect(try plan(["--keepalive", "on", url]).requestsPerConnection == nil)
    }

    @Test("calls of gRPC are asked for by URL or by name, and the path is the method")
    func calls() throws {
        for (arguments, target, kind) in [
            (["grpc://127.0.0.1:1"], "/switchyard.v1.Bench/Unary", .unary),
            (["--protocol", "grpc", "127.0.0.1:1/a.B/C"], "/a.B/C", .unary),
            (["--grpc-kind", "bidi", "grpc://127.0.0.1:1"], "/switchyard.v1.Bench/Bidi", .bidi),
            (
                ["--grpc-kind", "server", "--grpc-method", "/a.B/C", "grpc://127.0.0.1:1/x/y"],
                "/a.B/C", .server
            ),
        ] as [([String], String, GRPCKind)] {
            let plan = try plan(arguments)
            #expect(plan.request.target == Array(target.utf8) && plan.request.method == "POST")
            guard case .grpc(_, kind) = plan.application else {
                Issue.record("\(arguments): \(plan.application)")
                continue
            }
            #expect(plan.application.name == "grpc")
        }
        #expect(try plan(["grpc://127.0.0.1:1"]).url.description == "grpc://127.0.0.1:1/")
        let body = try plan(["--body", "@there", "grpc://127.0.0.1:1"]).request.body
        #expect(body == [0, 0, 0, 0, 3, 0, 1, 255])
    }

    @Test("the help names every option and stays within the screen")
    func help() {
        for line in LoadOptions.parser.help.split(separator: "\n") {
            #expect(line.count <= 100, "\(line)")
        }
    }
}
