package import Basis

/// One combination of server, pattern and load that a matrix measures.
package struct Cell: Equatable, Hashable, Sendable {
    /// The name of the server that is this project's own.
    package static let builtIn = "switchyard"

    /// The version of TLS that is spoken, if any.
    package enum TLS: String, Sendable, CaseIterable {
        case off
        case v12 = "1.2"
        case v13 = "1.3"
    }

    /// How connections over TLS are opened, under the names of the generator's `--handshake`.
    package enum Handshake: String, Sendable, CaseIterable {
        case full, resumed, early
    }

    /// The protocol of requests and answers, under the names of the generator's `--protocol`.
    package enum Language: String, Sendable, CaseIterable {
        case h1, h2, ws, sse, grpc
    }

    /// Which of the two programs does something to its sockets.
    package enum Sides: String, Sendable, CaseIterable {
        case off, on, server, load

        package var haveServer: Bool { self == .on || self == .server }
        package var haveLoad: Bool { self == .on || self == .load }
    }

    /// `switchyard`, or the name that the matrix gives another server.
    package var server: String = Cell.builtIn
    /// The id of the execution pattern; nil for another server, whose pattern is its own affair.
    package var pattern: String?
    package var language: Language = .h1
    /// Threads of the server; `unknownThreads` of one that no launch starts.
    package var threads: Int
    package var connections: Int
    /// Requests in flight on each connection by multiplexing.
    package var streams: Int = 1
    /// Bytes of the body of each answer.
    package var payload: ByteCount = ByteCount(raw: 13)
    /// The requested path and query; nil: the one that gives `payload` bytes.
    package var path: String?
    /// The kinds of requests that are asked instead; nil where all are alike.
    package var mix: RequestMix?
    /// Requests in flight on each connection by pipelining.
    package var pipeline: Int = 1
    package var tls: TLS = .off
    package var handshake: Handshake = .full
    /// Who sends small segments at once (TCP_NODELAY).
    package var nodelay: Sides = .on
    /// Who acknowledges at once what it receives (TCP_QUICKACK).
    package var quickack: Sides = .off
    /// Who corks its connections for each flush (TCP_CORK).
    package var cork: Sides = .off
    /// How the generator writes a request, and how the server writes a reply.
    package var requestShape = WriteShape.one
    package var replyShape = WriteShape.one
    /// What lies between generator and server: all zero and none for loopback.
    package var link = CellLink()
    /// Requests that are due; with a rate of connections, all that those bring.
    package var arrival: Arrival = .closed
    /// How many of what is due by a schedule are due at once each time.
    package var burst = 1
    /// Which connection what is due goes to.
    package var skew = Skew.even
    package var churn = CellConnections()
    /// What stands beside the connections that are measured.
    package var company = CellCompany()
    /// What its answers are to be; others spoil a launch.
    package var expected: ExpectedStatus = .success

    package init(pattern: String?, threads: Int, connections: Int) {
        self.pattern = pattern
        self.threads = threads
        self.connections = connections
    }

    /// Stands for the threads of a server that was told none.
    package static let unknownThreads = 0

    /// Whether the server runs already, and no launch starts or ends it.
    package var isOutside: Bool { threads == Self.unknownThreads }

    /// What is requested, with the query.
    package var target: String {
        if let path { return path }
        if mix != nil { return "/" }
        switch language {
        case .h1, .h2: return payload.raw == 13 ? "/plaintext" : "/bytes/\(payload.raw)"
        case .ws: return "/ws"
        case .sse: return "/sse?tokens=16&interval_ms=0"
        case .grpc: return "/switchyard.v1.Bench/Unary"
        }
    }

    /// All that the server has of it while it is measured.
    package var connectionsInAll: Int { connections + company.count }

    /// Whether the server decides how long the body of an answer is, not `payload`.
    package var answersAreItsOwn: Bool { server != Self.builtIn || path != nil || mix != nil }

    /// The name of this cell, made of its parameters in a fixed order; those that have their
    /// default are left out except the first ones. Two cells of one matrix never share it.
    package var id: String {
        var parts = [language.rawValue, pattern ?? server]
        if !isOutside { parts.append("w\(threads)") }
        parts.append("c\(connections)")
        // What an outside server answers is its own affair; how long messages are is not.
        if !isOutside || language == .ws || language == .grpc { parts.append("p\(payload.raw)") }
        if pattern != nil, server != Self.builtIn { parts.insert(server, at: 1) }
        if streams != 1 { parts.append("m\(streams)") }
        if pipeline != 1 { parts.append("pl\(pipeline)") }
        if let rate = arrival.rate {
            let what = churn.rate.map { "cr\(Self.compact($0))" } ?? "r\(Self.compact(rate))"
            parts.append(what + (arrival.name == "poisson" ? "" : "-constant"))
        }
        if burst != 1 { parts.append("burst\(burst)") }
        if let part = skew.idPart { parts.append(part) }
        if arrival == .subscribe { parts.append("sub") }
        if let question = arrival.question { parts.append(question.idPart) }
        if tls != .off { parts.append("tls\(tls.rawValue)") }
        if handshake != .full { parts.append(handshake.rawValue) }
        switch nodelay {
        case .on: break
        case .off: parts.append("nagle")
        case .server: parts.append("nagle-load")
        case .load: parts.append("nagle-server")
        }
        for (name, sides) in [("quickack", quickack), ("cork", cork)] where sides != .off {
            parts.append(sides == .on ? name : "\(name)-\(sides.rawValue)")
        }
        if requestShape != .one { parts.append("request-\(requestShape.rawValue)") }
        if replyShape != .one { parts.append("reply-\(replyShape.rawValue)") }
        parts += churn.idParts
        parts += company.idParts
        parts += link.idParts
        if expected != .success {
            parts.append("x" + expected.rawValue.split(separator: ",").joined(separator: "+"))
        }
        if let path, !isOutside || path != "/" {
            parts.append("t" + path.split(separator: "/").joined(separator: "-"))
        }
        if let mix { parts.append(mix.idPart) }
        return parts.joined(separator: "/")
    }

    /// The id as the stem of a file name: `/` becomes `_`, `:` and what else a shell minds becomes
    /// `-`.
    package var fileStem: String {
        String(
            id.map { character in
                if character == "/" { return "_" }
                let isPlain =
                    character.isASCII
                    && (character.isLetter || character.isNumber || "._-".contains(character))
                return isPlain ? character : "-"
            })
    }

    private static func compact(_ rate: PerSecond) -> String {
        for (unit, scale) in [("M", 1e6), ("k", 1e3)] {
            let scaled = rate.raw / scale
            if scaled >= 1, scaled == scaled.rounded() { return "\(Int(scaled))\(unit)" }
        }
        return rate.raw == rate.raw.rounded() ? "\(Int(rate.raw))" : "\(rate.raw)"
    }
}

extension Cell: Comparable {
    /// By protocol, server, pattern and then the load, numbers by their size.
    package static func < (a: Cell, b: Cell) -> Bool {
        let names = [
            (a.language.rawValue, b.language.rawValue), (a.server, b.server),
            (a.pattern ?? "", b.pattern ?? ""),
        ]
        for (first, second) in names where first != second { return first < second }
        let numbers: [(Double, Double)] = [
            (Double(a.threads), Double(b.threads)),
            (Double(a.connections), Double(b.connections)),
            (Double(a.payload.raw), Double(b.payload.raw)),
            (Double(a.streams), Double(b.streams)), (Double(a.pipeline), Double(b.pipeline)),
            (a.arrival.rate?.raw ?? 0, b.arrival.rate?.raw ?? 0),
            (Double(a.link.roundTrip.raw), Double(b.link.roundTrip.raw)),
        ]
        for (first, second) in numbers where first != second { return first < second }
        return a.id < b.id
    }
}

extension Cell {
    package var json: JSONValue {
        var others: [JSONValue.Member] = []
        if handshake != .full { others.append(.init("handshake", .string(handshake.rawValue))) }
        others += link.members
        if expected != .success { others.append(.init("expect", .string(expected.rawValue))) }
        others += arrival.question?.members ?? []
        if burst != 1 { others.append(.init("burst", .count(burst))) }
        if skew != .even { others.append(.init("skew", .string(skew.text))) }
        others += company.members
        if let mix { others.append(.init("mix", mix.json)) }
        return .object(parameters + transmission + churn.members + others)
    }

    /// What differs from the default of how bytes go to sockets.
    private var transmission: [JSONValue.Member] {
        [
            ("quickack", quickack == .off ? nil : quickack.rawValue),
            ("cork", cork == .off ? nil : cork.rawValue),
            ("request_shape", requestShape == .one ? nil : requestShape.rawValue),
            ("reply_shape", replyShape == .one ? nil : replyShape.rawValue),
        ].compactMap { name, value in value.map { JSONValue.Member(name, .string($0)) } }
    }

    private var parameters: [JSONValue.Member] {
        let value: JSONValue = [
            "cell_id": .string(id), "server": .string(server), "pattern": .optional(pattern),
            "protocol": .string(language.rawValue), "threads": .count(threads),
            "connections": .count(connections), "streams": .count(streams),
            "payload_bytes": .count(payload.raw), "path": .optional(path),
            "pipeline": .count(pipeline), "tls": .string(tls.rawValue),
            "nodelay": nodelayJSON, "arrival": .string(arrival.name),
            "rate_target": .optional(arrival.rate?.raw),
        ]
        guard case .object(let members) = value else { return [] }
        return members
    }

    /// A flag, as long as both sides do the same.
    private var nodelayJSON: JSONValue {
        switch nodelay {
        case .on: true
        case .off: false
        case .server, .load: .string(nodelay.rawValue)
        }
    }

    package init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init(
            pattern: try fields.optionalText("pattern"), threads: try fields.count("threads"),
            connections: try fields.count("connections"))
        server = try fields.text("server")
        language = try fields.choice("protocol", of: Language.self)
        streams = try fields.count("streams")
        payload = ByteCount(raw: try fields.count("payload_bytes"))
        path = try fields.optionalText("path")
        pipeline = try fields.count("pipeline")
        tls = try fields.choice("tls", of: TLS.self)
        handshake = try fields.choice("handshake", default: .full)
        if let flag = try? fields.flag("nodelay") {
            nodelay = flag ? .on : .off
        } else {
            nodelay = try fields.choice("nodelay", of: Sides.self)
        }
        quickack = try fields.choice("quickack", default: .off)
        cork = try fields.choice("cork", default: .off)
        requestShape = try fields.choice("request_shape", default: .one)
        replyShape = try fields.choice("reply_shape", default: .one)
        churn = try CellConnections(fields)
        link = try CellLink(fields)
        mix = try fields.mix("mix")
        burst = Int(clamping: try fields.optionalInteger("burst") ?? 1)
        skew = try fields.skew("skew")
        company = try CellCompany(fields)
        if let text = try fields.optionalText("expect") {
            guard let expected = ExpectedStatus(rawValue: text) else {
                throw RecordRefusal(path: "expect", problem: "'\(text)' is unknown")
            }
            self.expected = expected
        }
        let name = try fields.text("arrival")
        let rate = try fields.optionalNumber("rate_target")
        switch (name, rate) {
        case ("closed", nil): arrival = .closed
        case ("subscribe", nil): arrival = .subscribe
        case ("search", nil): arrival = .search(try CapacityQuestion(fields))
        case ("poisson", let rate?) where rate > 0: arrival = .poisson(PerSecond(raw: rate))
        case ("constant", let rate?) where rate > 0: arrival = .constant(PerSecond(raw: rate))
        default: throw RecordRefusal(path: "arrival", problem: "'\(name)' does not fit its rate")
        }
    }
}
