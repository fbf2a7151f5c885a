import Basis
import Testing
import Wire

@testable import Serve

@Suite("routes")
struct RouteTests {
    static let rows: [(line: String, route: Route)] = [
        ("GET /plaintext", .plaintext), ("HEAD /plaintext", .plaintext),
        ("GET /plaintext?a=b", .plaintext), ("GET http://h/plaintext", .plaintext),
        ("GET /json", .json), ("HEAD /json", .json), ("POST /echo", .echo),
        ("POST /payments", .payments(.zero)),
        ("POST /payments?us=5", .payments(.microseconds(5))),
        ("GET /payments/effects", .effects),
        ("POST /switchyard.v1.Bench/Unary", .notCall),
        ("GET /switchyard.v1.Bench/Unary", .methodNotAllowed(.post)),
        ("GET /bytes/0", .bytes(0)), ("GET /bytes/007", .bytes(7)),
        ("GET /bytes/1073741824", .bytes(1 << 30)), ("GET /bytes/1073741825", .badParameter(.size)),
        ("GET /bytes/-1", .badParameter(.size)), ("GET /bytes/1k", .badParameter(.size)),
        ("GET /bytes/ff", .badParameter(.size)), ("GET /bytes/1/", .badParameter(.size)),
        ("GET /bytes/99999999999999999999", .badParameter(.size)),
        ("GET /bytes/000000000000000001", .bytes(1)),
        ("GET /bytes/", .notFound), ("GET /bytes", .notFound), ("GET /bytesx1", .notFound),
        ("GET /work?us=0", .work(.zero)), ("GET /work?us=15", .work(.microseconds(15))),
        ("GET /block?us=60000000", .block(.seconds(60))),
        ("GET /block?us=60000001", .badParameter(.span)),
        ("GET /wait?us=1000", .wait(.milliseconds(1))),
        ("HEAD /wait?us=1", .wait(.microseconds(1))),
        ("GET /wait", .badParameter(.span)), ("GET /wait?us=", .badParameter(.span)),
        ("GET /wait?us=1&us=2", .badParameter(.span)), ("GET /wait?a=1", .badParameter(.span)),
        ("GET /wait?us=1%2B", .badParameter(.span)),
        ("GET /wait?us=1&%75s=1", .badParameter(.span)),
        ("GET /wait?us=1%26us=2", .badParameter(.span)),
        ("GET /wait?x=1&us=10", .wait(.microseconds(10))),
        ("GET /wait?us=10&x=1", .wait(.microseconds(10))),
        ("GET /wait?us=10&", .wait(.microseconds(10))),
        ("GET /wait?&&us=10", .wait(.microseconds(10))),
        ("GET /wait?xus=7&us=10&usx=3", .wait(.microseconds(10))),
        ("GET /wait?%75%73=%31%30", .wait(.microseconds(10))),
        ("GET /wait?us=%310", .wait(.microseconds(10))),
        ("GET /bytes/%31%30", .bytes(10)), ("GET /%62ytes/%31", .bytes(1)),
        ("GET /bytes%2F1", .notFound), ("GET /bytes/1%20", .badParameter(.size)),
        ("GET /%70lain%74ext?a", .plaintext), ("GET /plaintext%2f", .notFound),
        ("GET /%7", .notFound), ("GET /%", .notFound), ("GET /%zzlaintext", .notFound),
        ("GET /%2570laintext", .notFound), ("PUT /%6ason", .methodNotAllowed(.get)),
        ("GET /wait?us=-1", .badParameter(.span)), ("GET /wait?US=1", .badParameter(.span)),
        ("GET /", .index), ("HEAD /?a", .index), ("GET http://h", .index),
        ("POST /", .methodNotAllowed(.get)), ("GET /plaintex", .notFound),
        ("GET /plaintexts", .notFound),
        ("GET /PLAINTEXT", .notFound), ("GET //plaintext", .notFound),
        ("GET /plaintext/", .notFound), ("GET /%70laintext", .plaintext),
        ("POST /plaintext", .methodNotAllowed(.get)), ("PUT /json", .methodNotAllowed(.get)),
        ("DELETE /bytes/1", .methodNotAllowed(.get)), ("PATCH /bytes/x", .methodNotAllowed(.get)),
        ("OPTIONS /wait", .methodNotAllowed(.get)), ("TRACE /block", .methodNotAllowed(.get)),
        ("GET /echo", .methodNotAllowed(.post)), ("HEAD /echo", .methodNotAllowed(.post)),
        ("GET /payments", .methodNotAllowed(.post)),
        ("OPTIONS *", .serverOptions), ("OPTIONS http://h", .serverOptions),
        ("OPTIONS /", .methodNotAllowed(.get)), ("CONNECT h:1", .methodNotImplemented),
        ("BREW /plaintext", .methodNotImplemented), ("get /plaintext", .methodNotImplemented),
        ("BREW /nowhere", .methodNotImplemented),
    ]

    @Test("method and target choose the route", arguments: rows)
    func table(line: String, route: Route) throws {
        let found = try withHead("\(line) HTTP/1.1\r\nHost: h\r\n\r\n") {
            chosenRoute(of: $0, in: $1)
        }
        #expect(found == route)
    }

    @Test("only routes that use a payload keep it")
    func payloads() {
        for (_, route) in Self.rows {
            var isWanting = route == .echo
            if case .payments = route { isWanting = true }
            #expect(route.wantsBody == isWanting, "\(route)")
        }
    }

    @Test(
        "decimal numbers",
        arguments: [
            ("0", 0), ("10", 10), ("11", nil), ("", nil), ("1 ", nil), ("+1", nil), ("١", nil),
            ("000000000000000010", 10), ("0000000000000000010", nil),
        ] as [(String, Int?)])
    func decimal(text: String, value: Int?) {
        let bytes = Array(text.utf8)
        #expect(bytes.span.decimal(upTo: 10) == value)
    }
}
