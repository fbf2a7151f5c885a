import Basis
import Platform
import Testing

@testable import Serve

@Suite("tallies")
struct TallyTests {
    /// Publishes a tally of known counts and ends.
    private struct Counting<K: Kernel>: ThreadBody {
        let context: ThreadContext<K>

        func run() {
            var tally = Tally()
            for index in 0..<Tally.count { tally[index] = TallyTests.count(index) }
            context.board.value.publish(tally, tally.syscalls)
        }
    }

    private static func count(_ index: Int) -> UInt64 { 1_000 + UInt64(index) }

    @Test("a thread's counts reach the control socket, each under its name")
    func snapshot() throws {
        let crew = try Crew(options: ServerOptions()) { LinuxKernel() }
        let context = crew.context(.loop, 0)
        try crew.start(Counting(context: context), at: context)
        crew.dismiss()
        guard case .array(let workers) = crew.snapshot(event: "stopped")["workers"] else {
            Issue.record("no workers")
            return
        }
        for (index, counter) in Counter.all.enumerated() {
            let owner = counter.group.map { workers[0][$0] } ?? workers[0]
            #expect(owner?[counter.name] == .integer(Int64(Self.count(index))), "\(counter.name)")
        }
    }

    @Test("counts are added and subtracted one by one")
    func sums() {
        var (first, second) = (SyscallCounts(), SyscallCounts())
        for index in 0..<SyscallCounts.count {
            (first[index], second[index]) = (Self.count(index), UInt64(index))
        }
        let sum = first + second
        #expect(sum.cells == first.cells.indices.map { Self.count($0) + UInt64($0) })
        #expect(sum - second == first)
    }

    @Test("system calls are counted by the kernel, not by the tally")
    func calls() {
        let board = TallyBoard()
        var (tally, syscalls) = (Tally(), SyscallCounts())
        (tally.requests, tally.syscalls.send, syscalls.send) = (5, 6, 7)
        board.publish(tally, syscalls)
        let read = board.read().tally
        #expect(read.requests == 5 && read.syscalls == syscalls)
    }

    @Test(
        "spans are counted by powers of two, however short or long",
        arguments: [
            (-1, 0), (0, 0), (1_023, 0), (1_024, 1), (2_047, 1), (2_048, 2), (1 << 40, 31),
            (.max, 31),
        ] as [(Int64, Int)])
    func buckets(span: Int64, bucket: Int) {
        let buckets = SpanBuckets()
        var values = buckets.values
        #expect(values.isEmpty)
        buckets.note(Nanoseconds(raw: span))
        buckets.note(Nanoseconds(raw: span))
        values = buckets.values
        #expect(values == [UInt64](repeating: 0, count: bucket) + [2])
        #expect(SpanBuckets.sum(values, [1]).reduce(0, +) == 3)
        #expect(SpanBuckets.sum([1], values) == SpanBuckets.sum(values, [1]))
    }
}
