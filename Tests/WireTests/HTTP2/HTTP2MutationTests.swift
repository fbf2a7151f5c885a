import Basis
import Testing

@Suite("HTTP/2: any bytes at all")
struct HTTP2MutationTests {
    @Test("each seed of the frame fuzzer keeps the properties", arguments: Corpus.http2)
    func frameCorpus(_ sample: Sample) {
        #expect(Properties.http2Fault(sample.bytes) == nil)
    }

    @Test("each seed of the block fuzzer keeps the properties", arguments: Corpus.hpack)
    func blockCorpus(_ sample: Sample) {
        #expect(Properties.hpackFault(sample.bytes) == nil)
    }

    @Test("the corpora are there and small")
    func corpora() {
        #expect((10..<60).contains(Corpus.http2.count))
        #expect((10..<60).contains(Corpus.hpack.count))
    }

    @Test("mutated connections keep the properties", arguments: 0..<16)
    func frames(_ seed: UInt64) {
        expectProperties(
            of: Corpus.http2, seed: seed, rounds: 30, Properties.http2Fault)
    }

    @Test("mutated blocks keep the properties", arguments: 0..<16)
    func blocks(_ seed: UInt64) {
        expectProperties(
            of: Corpus.hpack, seed: seed, rounds: 60, Properties.hpackFault)
    }
}
