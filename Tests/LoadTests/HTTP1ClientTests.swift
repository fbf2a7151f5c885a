import Basis
import Testing

@testable import Load

struct HTTP1ClientTests {
    private let request = Array("0123456789".utf8)

    /// What leaves when the kernel takes `limit` bytes a time.
    private func sent(_ count: Int, pipeline: Int, limit: Int) -> [UInt8] {
        var client = HTTP1Client(request: request, answersHead: false, pipeline: pipeline)
        var session = client.open()
        var begun = 0
        var sent: [UInt8] = []
        while true {
            // As many begun as have room, as the engine does it.
            while begun < count, begun - sent.count / request.count < pipeline {
                #expect(client.begin(on: &session, due: .distantFuture) == begun % pipeline)
                begun += 1
            }
            let taken: Int
            do {
                let output = client.output(of: session)
                if output.isEmpty { return sent }
                taken = min(limit, output.count)
                for index in 0..<taken { sent.append(output[index]) }
            }
            client.wrote(taken, on: &session)
        }
    }

    @Test("a run of requests leaves whole in pieces of any size", arguments: [1, 2, 3, 5, 64])
    func runs(pipeline: Int) {
        let whole = Array(repeatElement(request, count: 20).joined())
        for limit in 1...35 {
            #expect(sent(20, pipeline: pipeline, limit: limit) == whole, "limit \(limit)")
        }
    }

    @Test("a large request is kept few times however deep the pipeline")
    func large() {
        let body = [UInt8](repeating: 0x61, count: Limit.repeatedRequestBytes)
        var client = HTTP1Client(request: body, answersHead: false, pipeline: 1_000)
        var session = client.open()
        for _ in 0..<1_000 { _ = client.begin(on: &session, due: .distantFuture) }
        var left = 1_000 * body.count
        while left > 0 {
            let count = client.output(of: session).count
            #expect(count == body.count)
            client.wrote(count, on: &session)
            left -= count
        }
        let rest = client.output(of: session).count
        #expect(rest == 0)
    }

    /// What `answer` means to a client of which the kernel took `taken` bytes.
    private func event(begun: Int, taken: Int, _ answer: [UInt8], turns: Int = 1) -> [Bool] {
        var client = HTTP1Client(request: request, answersHead: false, pipeline: 3)
        var session = client.open()
        for _ in 0..<begun { _ = client.begin(on: &session, due: .distantFuture) }
        if taken > 0 { client.wrote(taken, on: &session) }
        return (0..<turns).map { _ in
            if case .answer = client.receive(answer.span, from: 0, on: &session) { return true }
            return false
        }
    }

    @Test(
        "an answer to a request of which nothing was sent is none",
        arguments: [
            (0, 0, [false]), (1, 0, [false]), (3, 0, [false]), (1, 10, [true, false]),
            (2, 10, [true, false]), (3, 20, [true, true, false]),
            // A server may refuse what it has not read to its end (RFC 9112 §9.5), but once.
            (1, 1, [true, false]), (3, 1, [true, false]), (3, 15, [true, true, false]),
        ])
    func unsent(begun: Int, taken: Int, answers: [Bool]) {
        let seen = event(begun: begun, taken: taken, WireText.ok, turns: answers.count)
        #expect(seen == answers)
    }

    @Test("a peer that answers early and reads nothing is believed once")
    func earlyAnswers() {
        var client = HTTP1Client(request: request, answersHead: false, pipeline: 3)
        var session = client.open()
        let answer = WireText.ok
        var seen: [Bool] = []
        for turn in 0..<3 {
            _ = client.begin(on: &session, due: .distantFuture)
            if turn == 0 { client.wrote(1, on: &session) }
            let event = client.receive(answer.span, from: 0, on: &session)
            if case .answer = event { seen.append(true) } else { seen.append(false) }
        }
        #expect(seen == [true, false, false])
        #expect(session.unsent == 3)
    }

    @Test("slots go round in the order of the requests")
    func slots() {
        var client = HTTP1Client(request: request, answersHead: false, pipeline: 3)
        var session = client.open()
        let answers = WireText.ok + WireText.notFound + WireText.closing
        for turn in 0..<5 {
            let begun = (0..<3).map { _ in client.begin(on: &session, due: .distantFuture) }
            client.wrote(3 * request.count, on: &session)
            #expect(begun == [0, 1, 2].map { ($0 + 3 * turn) % 3 })
            var offset = 0
            var seen: [UInt16] = []
            while offset < answers.count {
                guard
                    case .answer(let answer) = client.receive(
                        answers.span, from: offset, on: &session)
                else {
                    Issue.record("no answer at \(offset)")
                    return
                }
                #expect(answer.slot == seen.count)
                #expect(answer.keepsOpen == (seen.count < 2))
                seen.append(answer.outcome.code)
                offset = answer.end
            }
            #expect(seen == [200, 404, 200])
        }
    }
}
