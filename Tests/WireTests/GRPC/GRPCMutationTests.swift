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
        expectProperties(
            of: Corpus.grpc, seed: seed, rounds: 60, joins: { Bool.random(using: &$0) },
            Properties.grpcFault)
    }
}
