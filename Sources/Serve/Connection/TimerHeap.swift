import Basis

/// What waits for its time, soonest first: a binary heap that keeps its memory.
struct TimerHeap<Entry: BitwiseCopyable> {
    private var heap: [(due: Instant, entry: Entry)] = []

    init() { heap.reserveCapacity(64) }

    /// When the first entry is due; `distantFuture` when there is none.
    @inline(always)
    var next: Instant { heap.isEmpty ? .distantFuture : heap[0].due }

    var count: Int { heap.count }

    mutating func insert(_ entry: Entry, due: Instant) {
        heap.append((due, entry))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent].due <= heap[child].due { break }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes the first entry if it is due at `now`.
    mutating func pop(at now: Instant) -> Entry? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        return first.entry
    }

    /// Hands all entries over to another heap.
    mutating func move(to other: inout TimerHeap) {
        for (due, entry) in heap { other.insert(entry, due: due) }
        heap.removeAll(keepingCapacity: true)
    }

    /// Takes out what `isStale` says, in time linear in the number of entries, and gives the memory
    /// back.
    mutating func removeAll(where isStale: (Entry) -> Bool) {
        heap = heap.filter { !isStale($0.entry) }
        for parent in (0..<heap.count / 2).reversed() { sink(parent) }
    }

    /// Lets an entry down until none below it is due earlier.
    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].due < heap[least].due {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
