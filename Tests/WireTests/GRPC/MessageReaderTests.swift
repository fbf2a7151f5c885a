import Basis
import Testing

@testable import Wire

@Suite("gRPC: messages in a stream's payload")
struct MessageReaderTests {
    /// What a reader finds, piece by piece, in words.
    private func read(_ pieces: [[UInt8]], limit: Int = 1_000) -> [String] {
        var reader = GRPC.MessageReader(limit: limit)
        var words: [String] = []
        var message: [UInt8] = []
        for piece in pieces {
            var at = 0
            loop: while true {
                switch reader.next(piece.span, from: at) {
                case .needMore: break loop
                case .fault(let fault): return words + ["\(fault)"]
                case .piece(let range, let endsMessage):
                    message += piece[range]
                    at = range.upperBound
                    if endsMessage {
                        words.append(String(decoding: message, as: UTF8.self))
                        message = []
                    }
                }
            }
        }
        return words + (reader.isMidMessage ? ["unfinished"] : [])
    }

    private func framed(_ text: String, flag: UInt8 = 0) -> [UInt8] {
        let count = text.utf8.count
        return [flag, 0, 0, UInt8(count >> 8), UInt8(count & 255)] + Array(text.utf8)
    }

    @Test("messages mean the same wherever the network cuts them")
    func cuts() {
        let long = String(repeating: "abc", count: 200)
        let bytes = framed("one") + framed("") + framed("three") + framed("") + framed(long)
        let messages = ["one", "", "three", "", long]
        for cut in 0...bytes.count {
            #expect(read([Array(bytes[..<cut]), Array(bytes[cut...])]) == messages, "at \(cut)")
        }
        #expect(read(bytes.map { [$0] }) == messages)
    }

    @Test(
        "what is no message",
        arguments: [
            ([1], "compressed"), ([2], "badFlag"), ([255, 0], "badFlag"),
            ([0, 0, 0, 3, 233], "tooLarge"), ([0, 255, 255, 255, 255], "tooLarge"),
            ([0], "unfinished"), ([0, 0, 0, 0, 1], "unfinished"),
        ] as [([UInt8], String)])
    func faults(bytes: [UInt8], word: String) {
        #expect(read([bytes]) == [word])
        #expect(read(bytes.map { [$0] }) == [word])
        #expect(read([framed("a"), bytes]) == ["a", word])
    }

    @Test("the only message of a call")
    func only() {
        func only(_ bytes: [UInt8]) -> Result<Range<Int>, GRPC.Fault> {
            do throws(GRPC.Fault) {
                return .success(try GRPC.onlyMessage(bytes.span))
            } catch {
                return .failure(error)
            }
        }
        #expect(only(framed("abc")) == .success(5..<8))
        #expect(only(framed("")) == .success(5..<5))
        #expect(only([]) == .failure(.noMessage))
        #expect(only([0, 0]) == .failure(.cutOff))
        #expect(only(framed("abc").dropLast()) == .failure(.cutOff))
        #expect(only(framed("abc") + [0]) == .failure(.manyMessages))
        #expect(only(framed("abc", flag: 1)) == .failure(.compressed))
        #expect(only([0, 0, 0x40, 0, 1]) == .failure(.tooLarge))
        #expect(only([0, 0, 0x40, 0, 0]) == .failure(.cutOff))
    }

    @Test("what stands before a message")
    func begin() {
        var output = ByteQueue()
        GRPC.beginMessage(bytes: 0x01_0203, to: &output)
        #expect(output.array == [0, 0, 1, 2, 3])
    }
}
