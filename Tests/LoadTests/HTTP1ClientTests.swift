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
                #expect(client.begin(on: &session) == begun % pipeline)
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
        for _ in 0..<1_000 { _ = client.begin(on: &session) }
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

    @Test("slots go round in the order of the requests")
    func slots() {
        var client = HTTP1Client(request: request, answersHead: false, pipeline: 3)
        var session = client.open()
        let answers = WireText.ok + WireText.notFound + WireText.closing
        for turn in 0..<5 {
            let begun = (0..<3).map { _ in client.begin(on: &session) }
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
                seen.append(answer.status)
                offset = answer.end
            }
            #expect(seen == [200, 404, 200])
        }
    }
}
