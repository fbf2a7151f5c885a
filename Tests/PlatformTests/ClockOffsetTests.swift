import Basis
import Platform
import Testing

@Suite("clock offset")
struct ClockOffsetTests {
    @Test("the calendar clock is ahead by what it shows beyond the clock that intervals come from")
    func read() {
        let offset = ClockOffset.read()
        #expect(offset > Nanoseconds(raw: 1_795_877_541_000_000_000 / 2))
        // No reading lies outside of two that were made around it.
        let before = MonotonicClock.now
        let wall = WallClock.nanoseconds
        let after = MonotonicClock.now
        let slack = Nanoseconds.seconds(1)
        #expect(before + offset < Instant(raw: wall) + slack)
        #expect(Instant(raw: wall) < after + offset + slack)
    }
}
