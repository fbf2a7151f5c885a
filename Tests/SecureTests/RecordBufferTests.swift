import Basis
import COpenSSL
import CRecordBuffers
import Platform
import Synchronization
import Testing

// SAFETY, throughout: a buffer is used within its bytes, behind its allocation and before its
// release, by one thread at a time.

/// The memory of OpenSSL's record buffers. Other tests use it at the same time.
@Suite(
    .serialized,
    .enabled(if: crecordbuffers_serve() != 0, "the address sanitizer has the C library's"))
struct RecordBufferTests {
    private static let slot = Int(CRECORDBUFFERS_SLOT)
    private static let above = Int(CRECORDBUFFERS_ABOVE)

    @Test(
        "a slot is for the sizes of records",
        arguments: [
            (1, false), (above, false), (above + 1, true), (16_709, true), (21_848, true),
            (slot, true), (slot + 1, false), (1 << 20, false),
        ])
    func sizes(bytes: Int, isInSlot: Bool) throws {
        let memory = try unsafe #require(crecordbuffers_allocate(bytes))
        let owned = unsafe crecordbuffers_owns(memory) != 0
        #expect(owned == isInSlot)
        unsafe memset(memory, 0xA5, bytes)
        unsafe crecordbuffers_release(memory)
    }

    @Test("OpenSSL's own buffers lie there")
    func library() throws {
        let memory = try unsafe #require(CRYPTO_malloc(16_709, "", 0))
        #expect(unsafe crecordbuffers_owns(memory) != 0)
        unsafe CRYPTO_free(memory, "", 0)
    }

    @Test("what grows or shrinks keeps its bytes")
    func resize() throws {
        // Out of nothing, within a slot, out of it, on in the heap, and down again.
        var memory: UnsafeMutableRawPointer?
        var before = 0
        for bytes in [9_000, Self.slot, Self.slot + 1, 100_000, 9_000, 5] {
            unsafe memory = crecordbuffers_resize(memory, bytes)
            let bytesNow = try unsafe #require(memory)
            for place in 0..<min(before, bytes) {
                let byte = unsafe bytesNow.load(fromByteOffset: place, as: UInt8.self)
                #expect(byte == UInt8(truncatingIfNeeded: place), "\(place) of \(bytes)")
                if byte != UInt8(truncatingIfNeeded: place) { break }
            }
            for place in 0..<bytes {
                unsafe bytesNow.storeBytes(
                    of: UInt8(truncatingIfNeeded: place), toByteOffset: place, as: UInt8.self)
            }
            before = bytes
        }
        let nothing = unsafe crecordbuffers_resize(memory, 0)
        #expect(unsafe nothing == nil)
        crecordbuffers_release(nil)
    }

    @Test("what many needed at once is given back")
    func burst() {
        let (count, kept) = (2_000, CRECORDBUFFERS_SHARED + 500)
        let first = Self.buffers(count)
        #expect(Set(first).count == count, "each is somebody's alone")
        for place in first {
            unsafe UnsafeMutablePointer<UInt8>(bitPattern: place)?.pointee = 0xA5
        }
        Self.release(first)
        let counts = crecordbuffers_count()
        #expect(counts.shared <= CRECORDBUFFERS_SHARED && counts.empty >= count - kept)
        // Memory that the kernel had back is zero when it is used again.
        let second = Self.buffers(count)
        let fresh = second.count { place in
            unsafe UnsafePointer<UInt8>(bitPattern: place)?.pointee == 0
        }
        #expect(fresh >= count - kept)
        Self.release(second)
    }

    private static func buffers(_ count: Int) -> [UInt] {
        (0..<count).map { _ in
            unsafe UInt(bitPattern: crecordbuffers_allocate(20_000))
        }
    }

    private static func release(_ buffers: [UInt]) {
        for place in buffers {
            unsafe crecordbuffers_release(UnsafeMutableRawPointer(bitPattern: place))
        }
    }

    @Test("threads hand buffers to each other, and none is two's")
    func threads() throws {
        let seed = UInt64.random(in: .min ... .max)
        let table = Guarded<[UInt: UInt64]>([:])
        let broken = Atomic(0)
        try Self.run(threads: 4) { index in
            var random = SeededGenerator.stream(seed: seed, index: index)
            for _ in 0..<4_000 {
                if random.next() & 1 == 0 {
                    let tag = random.next()
                    guard let memory = unsafe crecordbuffers_allocate(16_400) else { continue }
                    unsafe memory.storeBytes(of: tag, as: UInt64.self)
                    let place = UInt(bitPattern: memory)
                    table.withLock { $0[place] = tag }
                } else if let (place, tag) = table.withLock({ $0.popFirst() }) {
                    let memory = unsafe UnsafeMutableRawPointer(bitPattern: place)
                    if unsafe memory?.load(as: UInt64.self) != tag {
                        broken.add(1, ordering: .relaxed)
                    }
                    unsafe crecordbuffers_release(memory)
                }
            }
        }
        Self.release(table.withLock { Array($0.keys) })
        #expect(broken.load(ordering: .relaxed) == 0, "seed \(seed)")
    }

    /// Runs them at the same time, and waits for their ends.
    private static func run(
        threads: Int, _ body: @escaping @Sendable (Int) -> Void
    ) throws {
        if threads == 0 { return }
        let thread = try Platform.Thread(named: "buffers") { body(threads) }
        try run(threads: threads - 1, body)
        thread.join()
    }

    @Test("a thread that ends leaves nothing behind")
    func end() throws {
        let before = crecordbuffers_count()
        for _ in 0..<500 {
            try Self.run(threads: 1) { _ in
                Self.release(Self.buffers(4))
            }
        }
        let after = crecordbuffers_count()
        #expect(after.used - before.used < 1_000, "each thread takes what others left")
    }
}
