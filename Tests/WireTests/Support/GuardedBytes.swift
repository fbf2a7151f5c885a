import Glibc

/// Bytes that end at an unmapped page: reading one byte too far ends the process.
@safe
struct GuardedBytes: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let mapped: Int
    private let start: Int
    private let count: Int

    init(_ bytes: [UInt8]) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let pages = (bytes.count + page - 1) / page
        mapped = (pages + 1) * page
        // SAFETY: a fresh private mapping (mmap(2)); its last page is made inaccessible below.
        let map = unsafe mmap(
            nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        precondition(unsafe map != MAP_FAILED)
        unsafe base = map.unsafelyUnwrapped
        count = bytes.count
        start = pages * page - count
        for (index, byte) in bytes.enumerated() {
            // SAFETY: `start + index` lies in the readable pages.
            unsafe base.storeBytes(of: byte, toByteOffset: start + index, as: UInt8.self)
        }
        // SAFETY: the last page of the mapping above (mprotect(2)).
        precondition(unsafe mprotect(base + pages * page, page, PROT_NONE) == 0)
    }

    // SAFETY: the mapping of init, unmapped once: this value is its only owner.
    deinit { unsafe munmap(base, mapped) }

    func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // SAFETY: `start..<start + count` was written by init and lives as long as `self`.
        let bytes = unsafe UnsafeBufferPointer(
            start: UnsafePointer((base + start).assumingMemoryBound(to: UInt8.self)), count: count)
        return unsafe body(Span(_unsafeElements: bytes))
    }
}
