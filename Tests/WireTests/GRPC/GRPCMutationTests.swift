import Basis
import Testing

@Suite("gRPC: any bytes at all")
struct GRPCMutationTests {
    @Test("each seed of the fuzzer keeps the properties", arguments: Corpus.grpc)
    func corpus(_ sample: Sample) {
        #expect(Properties.grpcFault(sample.bytes) == nil)
    }

    @Test("the corpus is there and small")
    func corpora() {
        #expect((10..<60).contains(Corpus.grpc.count))
    }

    @Test("mutated payloads keep the properties", arguments: 0..<16)
    func payloads(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<60 {
            var bytes = Corpus.grpc.randomElement(using: &generator)?.bytes ?? []
            if Bool.random(using: &generator) {
                bytes += Corpus.grpc.randomElement(using: &generator)?.bytes ?? []
            }
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                mutate(&bytes, using: &generator)
            }
            #expect(Properties.grpcFault(bytes) == nil, "seed \(seed), round \(round)")
        }
    }
}
