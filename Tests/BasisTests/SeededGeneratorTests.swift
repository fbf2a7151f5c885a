import Testing

@testable import Basis

@Suite("seeded generator")
struct SeededGeneratorTests {
    /// Printed by the authors' C programs splitmix64.c and xoshiro256starstar.c
    /// (https://prng.di.unimi.it), the first filling the state of the second.
    static let published: [(seed: UInt64, values: [UInt64])] = [
        (
            0,
            [
                0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0,
                0x6AA5_94F1_262D_2D2C, 0xBBA5_AD4A_1F84_2E59,
            ]
        ),
        (
            1,
            [
                0xB3F2_AF6D_0FC7_10C5, 0x853B_5596_4736_4CEA, 0x92F8_9756_082A_4514,
                0x642E_1C7B_C266_A3A7, 0xB27A_48E2_9A23_3673,
            ]
        ),
        (
            42,
            [
                0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1,
                0xECB8_AD47_03B3_60A1, 0xFDE6_DC7F_E2EC_5E64,
            ]
        ),
        (
            .max,
            [
                0x8F55_20D5_2A7E_AD08, 0xC476_A018_CAA1_802D, 0x81DE_31C0_D260_469E,
                0xBF65_8D7E_065F_3C2F, 0x9135_93FD_A1BC_A32A,
            ]
        ),
    ]

    @Test("gives the published sequence", arguments: published)
    func golden(seed: UInt64, values: [UInt64]) {
        var generator = SeededGenerator(seed: seed)
        #expect(values.map { _ in generator.next() } == values)
    }

    @Test("the open unit interval stays open at both ends")
    func openUnitEnds() {
        #expect(SeededGenerator.openUnit(0) > 0)
        #expect(SeededGenerator.openUnit(.max) < 1)
        #expect(SeededGenerator.openUnit(0) + SeededGenerator.openUnit(.max) == 1)
    }

    @Test("the open unit interval is covered evenly", arguments: UInt64(1)...5)
    func evenness(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 { counts[Int(generator.nextOpenUnit() * 10)] += 1 }
        // Ten standard deviations of a binomial with n = 10000 and p = 0.1.
        #expect(counts.allSatisfy { abs($0 - 1_000) < 300 }, "\(counts)")
    }

    @Test("sub-streams differ from one another and from their seed's own sequence")
    func streams() {
        var seen: Set<[UInt64]> = []
        for seed in UInt64(0)..<20 {
            var own = SeededGenerator(seed: seed)
            seen.insert((0..<4).map { _ in own.next() })
            for index in 0..<20 {
                var stream = SeededGenerator.stream(seed: seed, index: index)
                seen.insert((0..<4).map { _ in stream.next() })
            }
        }
        #expect(seen.count == 20 * 21)
    }

    @Test("the same seed and index give the same sub-stream")
    func repeatable() {
        var first = SeededGenerator.stream(seed: 9, index: 3)
        var second = SeededGenerator.stream(seed: 9, index: 3)
        #expect((0..<100).allSatisfy { _ in first.next() == second.next() })
    }
}
