import Basis
import Testing

@Suite("Any bytes at all")
struct MutationTests {
    @Test("each seed of the request fuzzer keeps the properties", arguments: Corpus.requests)
    func requestCorpus(_ sample: Sample) {
        #expect(Properties.requestFault(sample.bytes) == nil)
    }

    @Test("each seed of the response fuzzer keeps the properties", arguments: Corpus.responses)
    func responseCorpus(_ sample: Sample) {
        #expect(Properties.responseFault(sample.bytes) == nil)
    }

    @Test("the corpora are there and small")
    func corpora() {
        #expect((10..<60).contains(Corpus.requests.count))
        #expect((10..<60).contains(Corpus.responses.count))
    }

    @Test("mutated requests keep the properties", arguments: 0..<24)
    func requests(_ seed: UInt64) {
        expectProperties(
            of: Corpus.requests, seed: seed, rounds: 40, Properties.requestFault)
    }

    @Test("mutated responses keep the properties", arguments: 0..<24)
    func responses(_ seed: UInt64) {
        expectProperties(
            of: Corpus.responses, seed: seed, rounds: 20, Properties.responseFault)
    }
}
