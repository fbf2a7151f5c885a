import Basis
import Testing

@Suite("Any bytes at all, as an event stream")
struct EventStreamMutationTests {
    @Test("each seed of the fuzzer keeps the properties", arguments: Corpus.events)
    func corpus(_ sample: Sample) {
        #expect(Properties.eventsFault(sample.bytes) == nil)
    }

    @Test("the corpus is there and small")
    func corpora() {
        #expect((10..<60).contains(Corpus.events.count))
    }

    @Test("mutated streams keep the properties", arguments: 0..<24)
    func streams(_ seed: UInt64) {
        expectProperties(
            of: Corpus.events, seed: seed, rounds: 40, Properties.eventsFault)
    }
}
