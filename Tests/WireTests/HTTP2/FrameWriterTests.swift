import Basis
import Testing

@testable import Wire

@Suite("HTTP/2: writing frames")
struct FrameWriterTests {
    @Test("each frame is byte for byte what RFC 9113 §6 draws")
    func bytes() {
        func written(_ write: (inout ByteQueue) -> Void) -> [UInt8] {
            var output = ByteQueue()
            write(&output)
            return output.array
        }
        typealias Writer = HTTP2.FrameWriter
        #expect(written { Writer.clientPreface(to: &$0) } + frame(4) == clientOpening)
        let settings = [
            HTTP2.Setting(.maxConcurrentStreams, 128), HTTP2.Setting(.initialWindowSize, 1 << 20),
        ]
        #expect(
            written { Writer.settings(settings.span, to: &$0) }
                == frame(4, setting(3, 128) + setting(4, 1 << 20)))
        #expect(written { Writer.settings(Span(), to: &$0) } == frame(4))
        #expect(written { Writer.settingsAck(to: &$0) } == frame(4, flags: 1))
        let opaque: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        #expect(
            written { Writer.ping(0x0102_0304_0506_0708, isAck: true, to: &$0) }
                == frame(6, flags: 1, opaque))
        #expect(
            written { Writer.ping(0x0102_0304_0506_0708, isAck: false, to: &$0) }
                == frame(6, opaque))
        #expect(
            written {
                Writer.goAway(
                    lastStream: HTTP2.Limit.streamID, .enhanceYourCalm, debug: "calm", to: &$0)
            } == frame(7, bigEndian(0x7FFF_FFFF) + bigEndian(11) + Array("calm".utf8)))
        #expect(
            written { Writer.resetStream(77, .cancel, to: &$0) }
                == frame(3, stream: 77, bigEndian(8)))
        #expect(
            written { Writer.windowUpdate(stream: 0x7FFF_FFFF, increment: 9, to: &$0) }
                == frame(8, stream: 0x7FFF_FFFF, bigEndian(9)))
        #expect(
            written { Writer.data(stream: 3, opaque.span, endStream: true, to: &$0) }
                == frame(0, flags: 1, stream: 3, opaque))
        #expect(
            written { Writer.data(stream: 3, Span(), endStream: false, to: &$0) }
                == frame(0, stream: 3))
    }

    @Test(
        "a block becomes as many frames as it needs",
        arguments: [0, 1, 16_383, 16_384, 16_385, 32_768, 32_769, 60_000])
    func split(_ count: Int) {
        let block = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for (endStream, before) in [(false, 0), (true, 0), (true, 100)] {
            var output = ByteQueue()
            output.append(repeating: 0x2A, count: before)
            HTTP2.FrameWriter.headers(
                stream: 0x0102_0305, block: block.span, endStream: endStream, to: &output)
            output.consume(before)
            let trace = FrameTrace(frame(4) + output.array, role: .client)
            var joined: [UInt8] = []
            var names: [String] = []
            for case .frame(let name, let bytes) in trace.steps.dropFirst() {
                joined += bytes
                names.append(name)
            }
            let stream = "16909061"
            let isSplit = count > 16_384
            #expect(joined == block && trace.leftOver == 0)
            #expect(
                names.first
                    == "HEADERS \(stream)\(endStream ? " end" : "")\(isSplit ? " ..." : "")")
            #expect(names.count == max(1, (count + 16_383) / 16_384))
            if isSplit { #expect(names.last == "CONTINUATION \(stream)") }
        }
    }

    @Test("a larger frame is used where the peer takes it")
    func largeFrames() {
        var output = ByteQueue()
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        output.append(repeating: 0x82, count: 20_000)
        HTTP2.FrameWriter.endHeaders(
            from: start, stream: 1, endStream: false, frameBytes: 20_000, in: &output)
        #expect(
            output.array == frame(1, flags: 4, stream: 1, Array(repeating: 0x82, count: 20_000)))
    }
}
