import Basis
import Testing
import Wire

@Suite("Writing event streams")
struct EventStreamWriterTests {
    private func text(_ write: (inout ByteQueue) -> Void) -> String {
        var output = ByteQueue()
        write(&output)
        return String(decoding: output.array, as: UTF8.self)
    }

    @Test(
        "data goes line by line, whatever ends the lines",
        arguments: [
            ("a", "data: a\n"), ("", "data: \n"), ("a\nb", "data: a\ndata: b\n"),
            ("a\r\nb", "data: a\ndata: b\n"), ("a\rb", "data: a\ndata: b\n"),
            ("a\n\rb", "data: a\ndata: \ndata: b\n"), ("a\r\r\nb", "data: a\ndata: \ndata: b\n"),
            ("a\n", "data: a\ndata: \n"), ("a\r\n", "data: a\ndata: \n"),
            ("a\r", "data: a\ndata: \n"), ("\n\n", "data: \ndata: \ndata: \n"),
            (" a:", "data:  a:\n"),
        ])
    func data(given: String, expected: String) {
        let bytes = Array(given.utf8)
        #expect(text { EventStream.Writer.data(bytes.span, to: &$0) } == expected)
        #expect(text { EventStream.Writer.write(bytes.span, to: &$0) } == expected + "\n")
        let comment = text { EventStream.Writer.comment(bytes.span, to: &$0) }
        #expect(comment == expected.replacing("data: ", with: ": "))
    }

    @Test("each field has its line")
    func fields() {
        let name = Array("add".utf8)
        let written = text {
            EventStream.Writer.retry(milliseconds: 1_500, to: &$0)
            EventStream.Writer.type(name.span, to: &$0)
            EventStream.Writer.id(name.span, to: &$0)
            EventStream.Writer.id(42, to: &$0)
            EventStream.Writer.end(to: &$0)
        }
        #expect(written == "retry: 1500\nevent: add\nid: add\nid: 42\n\n")
    }

    @Test("a field that would be two stops the program")
    func preconditions() async {
        await #expect(processExitsWith: .failure) {
            var output = ByteQueue()
            EventStream.Writer.type(Array("a\nb".utf8).span, to: &output)
        }
        await #expect(processExitsWith: .failure) {
            var output = ByteQueue()
            EventStream.Writer.id(Array("a\rb".utf8).span, to: &output)
        }
        await #expect(processExitsWith: .failure) {
            var output = ByteQueue()
            EventStream.Writer.id(Array("a\0b".utf8).span, to: &output)
        }
    }

    @Test("what is written is read", arguments: 0..<20)
    func readBack(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func word(_ letters: String) -> [UInt8] {
            let letters = Array(letters)
            let count = Int.random(in: 0..<30, using: &generator)
            return Array(
                String((0..<count).map { _ in letters.randomElement(using: &generator) ?? "x" })
                    .utf8)
        }
        var output = ByteQueue()
        var expected: [EventStreamTrace.Event] = []
        for _ in 0..<30 {
            let event = EventStreamTrace.Event(
                type: word("ab: é"), data: word("ab:\n é😀"), lastID: word("01: ü"))
            EventStream.Writer.type(event.type.span, to: &output)
            EventStream.Writer.comment(word("data\n:\r").span, to: &output)
            EventStream.Writer.id(event.lastID.span, to: &output)
            EventStream.Writer.data(event.data.span, to: &output)
            EventStream.Writer.end(to: &output)
            expected.append(event)
        }
        let bytes = output.array
        let cuts = (0..<20).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
        let trace = EventStreamTrace(bytes, cuts: cuts)
        #expect(trace.events == expected && trace.lastID == expected.last?.lastID, "seed \(seed)")
        #expect(!trace.isMidEvent && trace.failure == nil, "seed \(seed)")
    }
}
