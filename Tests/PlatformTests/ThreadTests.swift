import Basis
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("threads and what the kernel says of them")
struct ThreadTests {
    @Test("a thread has its name, and a join waits for its end")
    func names() throws {
        let name = Guarded("")
        let thread = try Thread(named: "a-long-name-is-cut") {
            TestClock.sleep(.milliseconds(5))
            let comm = (try? readFile("/proc/thread-self/comm")) ?? ""
            name.withLock { $0 = comm }
        }
        thread.join()
        #expect(name.withLock { $0 } == "a-long-name-is-\n")
    }

    @Test("a running thread's CPU time and switches can be read by another")
    func statistics() throws {
        let id = Atomic<Int32>(0)
        let isOver = Atomic<Bool>(false)
        let thread = try Thread(named: "burner") {
            TestClock.sleep(.milliseconds(1))
            let end = CPUClock.thisThread + .milliseconds(5)
            while CPUClock.thisThread < end {}
            id.store(Thread.currentID, ordering: .releasing)
            while !isOver.load(ordering: .acquiring) { TestClock.sleep(.milliseconds(1)) }
        }
        #expect(TestClock.eventually { id.load(ordering: .acquiring) != 0 })
        let statistics = ThreadStatistics(threadID: id.load(ordering: .acquiring))
        isOver.store(true, ordering: .releasing)
        thread.join()
        #expect(statistics.cpu >= .milliseconds(5) && statistics.voluntarySwitches >= 1)
        #expect(ThreadStatistics(threadID: id.load(ordering: .relaxed)) == ThreadStatistics())
    }

    @Test("a handover gives its value once")
    func handover() async {
        #expect(Handover(7).take() == 7)
        await #expect(processExitsWith: .failure) {
            let handover = Handover(7)
            _ = handover.take()
            _ = handover.take()
        }
    }

    @Test(
        "an error is shown in the C library's words, whatever its number",
        arguments: [
            (2, "No such file or directory"), (98, "Address already in use"),
            (9_999, "unknown error"), (-1, "unknown error"),
        ] as [(Int32, String)])
    func reasons(code: Int32, text: String) {
        #expect(SystemError("call", code: code).description == "call: \(text)")
    }

    @Test("blocking lasts at least as long as asked, and not at all for nothing")
    func blocking() {
        let start = TestClock.now
        blockThread(for: .zero)
        blockThread(for: Nanoseconds(raw: -5))
        blockThread(for: .milliseconds(3))
        #expect(TestClock.now.since(start) >= .milliseconds(3))
    }
}

@Suite("the kernel seam")
struct KernelTests {
    @Test("a wait ends at its timeout with nothing, and at once with what is ready")
    func waiting() throws {
        let poller = try Poller()
        let waker = try Waker()
        try poller.add(waker, token: 9)
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 2)
        try kernel.wait(on: poller, for: &events, timeout: .milliseconds(1))
        var count = events.count
        #expect(count == 0)
        waker.wake()
        waker.wake()
        try kernel.wait(on: poller, for: &events, timeout: nil)
        count = events.count
        let event = events[0]
        #expect(count == 1 && event.token == 9 && event.isReadable && !event.isBroken)
        #expect(kernel.counts.wait == 2 && kernel.counts.other == 0)
        #expect(kernel.counts.ready == 1)
    }

    @Test("each event of a wait is counted, whether for many descriptors or one")
    func events() throws {
        let poller = try Poller()
        let first = try Waker()
        let second = try Waker()
        try poller.add(first, token: 1)
        try poller.add(second, token: 2)
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 4)
        first.wake()
        second.wake()
        try kernel.wait(on: poller, for: &events, timeout: nil)
        #expect(kernel.counts.ready == 2 && kernel.counts.wait == 1)
        let listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
        let client = try RawClient(to: try Socket.localAddress(of: listener))
        guard let accepted = try kernel.accept(on: listener) else {
            Issue.record("nobody to accept")
            return
        }
        let silence = try kernel.wait(
            for: .readable, of: accepted, token: 5, wokenBy: first, timeout: .zero)
        #expect(silence == nil && kernel.counts.ready == 2 && kernel.counts.wait == 2)
        try client.send("abc")
        let event = try kernel.wait(
            for: .readable, of: accepted, token: 5, wokenBy: first, timeout: .seconds(5))
        #expect(event?.isReadable == true && kernel.counts.ready == 3)
    }

    private func receive(
        _ descriptor: borrowing Descriptor, _ kernel: inout LinuxKernel
    ) throws(SystemError) -> Received {
        var buffer = ByteQueue(capacity: 16)
        var outcome = Received.wouldBlock
        // SAFETY: the room is used only by the call, which fills a part of it.
        _ = try unsafe buffer.withFreeSpace(minimum: 16) { room throws(SystemError) -> Int in
            outcome = try unsafe kernel.receive(from: descriptor, into: room)
            if case .bytes(let count) = outcome { return count }
            return 0
        }
        return outcome
    }

    @Test("a connection is accepted, read, written, half closed and closed")
    func connection() throws {
        var kernel = LinuxKernel()
        let listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
        if try kernel.accept(on: listener) != nil { Issue.record("accepted nobody") }
        let address = try Socket.localAddress(of: listener)
        let client = try RawClient(to: address)
        guard let accepted = try kernel.accept(on: listener) else {
            Issue.record("nobody to accept")
            return
        }
        #expect(try receive(accepted, &kernel) == .wouldBlock)
        try client.send("abc")
        while case let got = try receive(accepted, &kernel), got != .bytes(3) {
            try #require(got == .wouldBlock)
        }
        let sent = try kernel.send([1, 2].span, to: accepted)
        #expect(sent == .bytes(2))
        #expect(try client.receive(2) == [1, 2])
        kernel.finishSending(on: accepted)
        #expect(try client.rest().isEmpty)
        client.finishSending()
        while case let got = try receive(accepted, &kernel), got != .closed {
            try #require(got == .wouldBlock)
        }
        kernel.close(accepted)
        #expect(kernel.counts.accept == 2 && kernel.counts.send == 1)
    }

    @Test("a transfer that only a bug can cause stops the program")
    func bugs() async {
        await #expect(processExitsWith: .failure) {
            var kernel = LinuxKernel()
            let noSocket = try Descriptor.placeholder()
            _ = try kernel.send([1].span, to: noSocket)
        }
        await #expect(processExitsWith: .failure) {
            var kernel = LinuxKernel()
            let noSocket = try Descriptor.placeholder()
            let nothing: [UInt8] = []
            _ = try kernel.send(nothing.span, to: noSocket)
        }
    }
}
