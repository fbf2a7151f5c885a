import Basis
import Testing

@Suite("Any bytes at all, to a WebSocket")
struct WebSocketMutationTests {
    @Test("each seed of the frame fuzzer keeps the properties", arguments: Corpus.webSocket)
    func frameCorpus(_ sample: Sample) {
        #expect(Properties.webSocketFault(sample.bytes) == nil)
    }

    @Test("each seed of the text fuzzer keeps the properties", arguments: Corpus.texts)
    func textCorpus(_ sample: Sample) {
        #expect(Properties.textFault(sample.bytes) == nil)
    }

    @Test("the corpora are there and small")
    func corpora() {
        #expect((10..<60).contains(Corpus.webSocket.count))
        #expect((10..<60).contains(Corpus.texts.count))
    }

    @Test("mutated frames keep the properties", arguments: 0..<24)
    func frames(_ seed: UInt64) {
        expectProperties(
            of: Corpus.webSocket, seed: seed, rounds: 40, joins: { _ in true },
            Properties.webSocketFault)
    }
}
