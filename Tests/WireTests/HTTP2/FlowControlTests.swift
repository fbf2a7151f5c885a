import Testing

@testable import Wire

@Suite("HTTP/2: windows, settings and budgets")
struct FlowControlTests {
    @Test("a window holds up to 2^31-1, and beyond it the right thing ends, RFC 9113 §6.9.1")
    func overflow() throws {
        var window = HTTP2.Window()
        #expect(window.bytes == 65_535)
        try window.widen(by: HTTP2.Limit.windowMax - 65_535, .stream(3))
        #expect(window.bytes == 1 << 31 - 1)
        for scope in [HTTP2.Scope.stream(3), .connection] {
            #expect(throws: HTTP2.Failure(.flowControl, scope, "")) {
                var full = window
                try full.widen(by: 1, scope)
            }
        }
        #expect(throws: HTTP2.Failure(.flowControl, .stream(5), "")) {
            var full = HTTP2.Window(HTTP2.Limit.windowMax)
            try full.widen(by: HTTP2.Limit.windowMax, .stream(5))
        }
    }

    @Test("a changed initial size moves a window below zero and back, RFC 9113 §6.9.2")
    func negative() throws {
        var window = HTTP2.Window()
        window.spend(60_000)
        try window.shift(by: -65_535)
        #expect(window.bytes == -60_000)
        window.spend(0)
        try window.widen(by: 60_001, .stream(1))
        #expect(window.bytes == 1)
        window.spend(1)
        try window.shift(by: 100)
        #expect(window.bytes == 100)
        var largest = HTTP2.Window(HTTP2.Limit.windowMax)
        largest.spend(1 << 31 - 1)
        try largest.shift(by: -(1 << 31 - 1))
        #expect(largest.bytes == -(1 << 31 - 1))
        #expect(throws: HTTP2.Failure(.flowControl, .connection, "")) {
            var window = HTTP2.Window()
            try window.widen(by: 1, .stream(1))
            try window.shift(by: 1 << 31 - 1 - 65_535)
        }
    }

    @Test("what is received is given back in pieces, and nothing of it gets lost")
    func receiving() throws {
        var window = HTTP2.ReceiveWindow(100)
        try window.take(40, .stream(1))
        #expect(window.update() == nil)
        window.giveBack(40)
        #expect(window.update() == nil, "60 are left")
        try window.take(20, .stream(1))
        #expect(window.update() == 40)
        #expect(window.bytes == 80)
        #expect(throws: HTTP2.Failure(.flowControl, .stream(1), "")) {
            var copy = window
            try copy.take(81, .stream(1))
        }
        try window.take(80, .connection)
        #expect(window.bytes == 0)
        window.giveBack(100)
        #expect(window.update() == 100)
        #expect(window == HTTP2.ReceiveWindow(100))
        window.shift(by: -100)
        #expect(window.bytes == 0 && window.update() == nil)
        window.shift(by: -50)
        #expect(throws: HTTP2.Failure(.flowControl, .connection, "")) {
            try window.take(1, .connection)
        }
        try window.take(0, .connection)
    }

    @Test("settings are applied in their order, and the last of a kind counts, RFC 9113 §6.5.3")
    func settings() throws {
        var settings = HTTP2.Settings()
        let payload =
            setting(1, 0) + setting(1, 8_192) + setting(2, 0) + setting(3, 7) + setting(4, 0)
            + setting(4, 70_000) + setting(5, 20_000) + setting(6, 9) + setting(8, 1)
            + setting(0x42, 5)
        let change = try settings.apply(payload.span)
        #expect(change.windowDelta == 70_000 - 65_535)
        #expect(change.smallestTableSize == 0)
        var expected = HTTP2.Settings()
        expected.headerTableSize = 8_192
        expected.enablesPush = false
        expected.maxConcurrentStreams = 7
        expected.initialWindowSize = 70_000
        expected.maxFrameSize = 20_000
        expected.maxHeaderListSize = 9
        expected.enablesConnectProtocol = true
        #expect(settings == expected)
        #expect(try settings.apply(Span()) == HTTP2.Settings.Change())
        #expect(throws: HTTP2.Failure(.protocol, .connection, "")) {
            try settings.apply(setting(8, 0).span)
        }
    }

    private static let calm = HTTP2.Failure(.enhanceYourCalm, .connection, "")

    @Test("100 resets are free, each served stream wins one back, 200 are the most")
    func resets() throws {
        var budget = HTTP2.Budget()
        for _ in 0..<100 { try budget.resetCaused() }
        #expect(throws: Self.calm) {
            var copy = budget
            try copy.resetCaused()
        }
        for _ in 0..<1_000 { budget.served() }
        for _ in 0..<200 { try budget.resetCaused() }
        #expect(throws: Self.calm) { try budget.resetCaused() }
        // An honest run: one in a hundred ends early.
        var honest = HTTP2.Budget()
        for stream in 0..<100_000 {
            if stream % 100 == 0 { try honest.resetCaused() } else { honest.served() }
        }
    }

    @Test("overhead is free up to 1 MiB and then up to 8 times the payload")
    func overhead() throws {
        var budget = HTTP2.Budget()
        try budget.count(overhead: 1 << 20)
        #expect(throws: Self.calm) {
            var copy = budget
            try copy.count(overhead: 1)
        }
        budget.count(payload: 10)
        try budget.count(overhead: 80)
        #expect(throws: Self.calm) { try budget.count(overhead: 1) }
    }

    @Test("100 empty DATA frames in a row are the most; payload or an end begins anew")
    func emptyFrames() throws {
        var budget = HTTP2.Budget()
        for (bytes, endStream) in [(1, false), (0, true)] {
            for _ in 0..<100 { try budget.data(bytes: 0, endStream: false) }
            try budget.data(bytes: bytes, endStream: endStream)
        }
        for _ in 0..<100 { try budget.data(bytes: 0, endStream: false) }
        #expect(throws: Self.calm) { try budget.data(bytes: 0, endStream: false) }
    }
}
