import Basis
import Testing

@Suite("byte queue")
struct ByteQueueTests {
    /// What a queue's content is, copied out.
    private func content(_ queue: borrowing ByteQueue) -> [UInt8] {
        let bytes = queue.bytes
        return bytes.indices.map { bytes[$0] }
    }

    @Test("behaves as an array does under any mix of operations", arguments: UInt64(1)...40)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var queue = ByteQueue()
        var model: [UInt8] = []
        for step in 0..<400 {
            let count = Int.random(in: 0...(step % 7 == 0 ? 300 : 24), using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 9:
                let word = UInt32(truncatingIfNeeded: random.next())
                queue.append(bigEndian: word)
                model += Self.bytes(word)
            case 10 where model.count >= 4:
                let at = Int.random(in: 0...model.count - 4, using: &random)
                let word = UInt32(truncatingIfNeeded: random.next())
                queue.overwrite(bigEndian: word, at: at)
                model.replaceSubrange(at..<at + 4, with: Self.bytes(word))
            case 11:
                let dropped = min(count, model.count)
                queue.removeLast(dropped)
                model.removeLast(dropped)
            case 0:
                queue.append(UInt8(truncatingIfNeeded: step))
                model.append(UInt8(truncatingIfNeeded: step))
            case 1:
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                queue.append(bytes.span)
                model += bytes
            case 2:
                let value = random.next() >> UInt64.random(in: 0...63, using: &random)
                queue.append(decimal: value)
                model += Array(String(value).utf8)
            case 3:
                queue.append(repeating: 7, count: count)
                model += [UInt8](repeating: 7, count: count)
            case 4:
                queue.append("Content-Length: ")
                model += Array("Content-Length: ".utf8)
            case 5, 6:
                let dropped = min(count * 2, model.count)
                queue.consume(dropped)
                model.removeFirst(dropped)
            case 7:
                lend(&queue, &model, count: count, minimum: count + 1)
            case 8 where step.isMultiple(of: 2):
                queue.trim(above: count)
                #expect(queue.storageBytes <= max(64, count, 2 * queue.count + 1))
            default:
                empty(&queue, &model, keepingStorage: step % 3 == 0, whenDrawn: count < 2)
            }
            let isSame = content(queue) == model
            try #require(isSame, "seed \(seed), step \(step)")
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
            #expect(queue.storageBytes >= queue.count)
        }
    }

    private static func bytes(_ word: UInt32) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(word >> UInt32($0) & 0xFF) }
    }

    private func lend(
        _ queue: inout ByteQueue, _ model: inout [UInt8], count: Int, minimum: Int
    ) {
        // SAFETY: the closure writes `count` bytes, and `count < minimum <= free.count`.
        let added = unsafe queue.withFreeSpace(minimum: minimum) { free in
            #expect(free.count >= minimum)
            for index in 0..<count {
                unsafe free[index] = UInt8(truncatingIfNeeded: index)
            }
            return count
        }
        #expect(added == count)
        model += (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    }

    private func empty(
        _ queue: inout ByteQueue, _ model: inout [UInt8], keepingStorage: Bool, whenDrawn: Bool
    ) {
        guard whenDrawn else { return }
        let held = queue.storageBytes
        if keepingStorage { queue.removeAll() } else { queue.releaseStorage() }
        #expect(queue.storageBytes == (keepingStorage ? held : 0))
        model = []
    }

    @Test("a long queue that drains keeps at most twice what is in it, in the same order")
    func drains() {
        var queue = ByteQueue()
        let all = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        queue.append(all.span)
        var moved = 0
        while queue.count > 0 {
            let before = queue.storageBytes
            queue.consume(min(137, queue.count))
            queue.trim(above: 1_000)
            if queue.storageBytes != before { moved += queue.count }
            #expect(queue.storageBytes <= max(1_000, 2 * queue.count + 1))
            let isSame = content(queue) == Array(all.suffix(queue.count))
            #expect(isSame, "\(queue.count) left")
        }
        #expect(moved <= all.count)
        queue.trim(above: 0)
        #expect(queue.storageBytes == 0)
        queue.trim(above: 0)
        queue.append("a")
        #expect(content(queue) == [97])
    }

    @Test("costs no memory until the first byte, and takes empty pieces before it")
    func emptyPieces() {
        var queue = ByteQueue()
        queue.append("")
        queue.append([UInt8]().span)
        queue.append(repeating: 1, count: 0)
        queue.consume(0)
        queue.releaseStorage()
        #expect(queue.storageBytes == 0)
        #expect(queue.bytes.count == 0)
        queue.append("\n")
        #expect(content(queue) == [10])
    }

    @Test("prints numbers of every length", arguments: 0...19)
    func decimals(digits: Int) {
        var power: UInt64 = 1
        for _ in 0..<digits { power *= 10 }
        for value in [power, power - 1, power + 1, UInt64.max] {
            var queue = ByteQueue()
            queue.append(decimal: value)
            #expect(content(queue) == Array(String(value).utf8))
        }
    }

    @Test("memory stays within four times what is queued when as much leaves as comes")
    func steadyState() {
        var queue = ByteQueue()
        queue.append(repeating: 0, count: 1_000)
        for _ in 0..<10_000 {
            queue.append(repeating: 1, count: 37)
            queue.consume(37)
        }
        #expect(queue.storageBytes <= 4 * 1_037)
    }

    @Test("a reserved queue does not grow while the bytes fit")
    func reserve() {
        var queue = ByteQueue(capacity: 500)
        let held = queue.storageBytes
        #expect(held >= 500)
        queue.append(repeating: 1, count: 500)
        #expect(queue.storageBytes == held)
    }

    @Test("passes on what the filling closure throws, and queues nothing")
    func fillingFails() {
        var queue = ByteQueue()
        queue.append("ab")
        #expect(throws: Complaint("no", remedy: "")) {
            // SAFETY: the closure touches nothing.
            _ = try unsafe queue.withFreeSpace(minimum: 8) { _ throws(Complaint) in
                throw Complaint("no", remedy: "")
            }
        }
        #expect(queue.count == 2)
    }

    @Test("consuming more than is queued stops the program")
    func overconsume() async {
        await #expect(processExitsWith: .failure) {
            var queue = ByteQueue()
            queue.append("ab")
            queue.consume(3)
        }
    }

    @Test("dropping more than is queued stops the program")
    func overdrop() async {
        await #expect(processExitsWith: .failure) {
            var queue = ByteQueue()
            queue.append(1)
            queue.removeLast(2)
        }
    }

    @Test("overwriting what is not queued stops the program")
    func overwriteBehind() async {
        await #expect(processExitsWith: .failure) {
            var queue = ByteQueue()
            queue.append(repeating: 1, count: 8)
            queue.overwrite(bigEndian: UInt32(0), at: 5)
        }
    }

    @Test("reporting more bytes than were lent stops the program")
    func overfill() async {
        await #expect(processExitsWith: .failure) {
            var queue = ByteQueue()
            // SAFETY: the closure only reads how much it was lent.
            _ = unsafe queue.withFreeSpace(minimum: 8) { $0.count + 1 }
        }
    }
}
