#if DEBUG || HANDICAP
    import Basis
    import Testing

    @testable import Serve

    @Suite("the handicap of a test build")
    struct HandicapTests {
        @Test(
            "a thread burns the share it is told, whatever its turns cost",
            arguments: [0.0, 0.01, 0.08, 0.3, 2.0])
        func share(share: Double) {
            let handicap = Handicap(share: share)
            var generator = SeededGenerator.stream(seed: 7, index: 0)
            var clock: Int64 = 0
            var own: Int64 = 0
            var work: UInt64 = 0
            for _ in 0..<20_000 {
                let messages = generator.next() % 64
                work += 2 * messages
                let cost = Int64(messages * 5_000 + generator.next() % 3_000)
                clock += cost
                own += cost
                handicap.pay(work: work) {
                    // Reading the clock costs something and is a part of what is burnt.
                    clock += 300
                    return Nanoseconds(raw: clock)
                }
            }
            let burnt = Double(clock - own) / Double(own)
            #expect(abs(burnt - share) < 0.002, "\(burnt)")
        }

        @Test("what has done little work does not read the clock")
        func idle() {
            let handicap = Handicap(share: 1)
            var readings = 0
            func pay(_ work: UInt64) {
                handicap.pay(work: work) {
                    readings += 1
                    return Nanoseconds(raw: Int64(readings) * 1_000_000)
                }
            }
            pay(Handicap.Limit.work - 1)
            #expect(readings == 0)
            pay(Handicap.Limit.work)
            #expect(readings > 0)
            let before = readings
            pay(2 * Handicap.Limit.work - 1)
            #expect(readings == before)
        }

        @Test("a share is a percentage", arguments: ["8%": 0.08, "0%": 0, "12.5%": 0.125])
        func parse(text: String, share: Double) throws {
            #expect(try Handicap.parse(text) == share)
        }

        @Test("anything else is refused", arguments: ["", "%", "8", "-1%", "nan%", "2000%", "8 %"])
        func refuse(text: String) {
            #expect(throws: Complaint.self) { try Handicap.parse(text) }
        }
    }
#endif
