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
        var generator = SeededGenerator(seed: seed)
        for round in 0..<40 {
            var bytes = Corpus.requests.randomElement(using: &generator)?.bytes ?? []
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                mutate(&bytes, using: &generator)
            }
            let fault = Properties.requestFault(bytes)
            #expect(fault == nil, "seed \(seed), round \(round)")
        }
    }

    @Test("mutated responses keep the properties", arguments: 0..<24)
    func responses(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<20 {
            var bytes = Corpus.responses.randomElement(using: &generator)?.bytes ?? []
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                mutate(&bytes, using: &generator)
            }
            let fault = Properties.responseFault(bytes)
            #expect(fault == nil, "seed \(seed), round \(round)")
        }
    }
}
