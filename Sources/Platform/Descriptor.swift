import Glibc

/// One kernel descriptor with exactly one owner: leaving scope closes it.
///
/// The number never leaves this module, so nothing outside can close it twice or use it after it
/// was given back to the kernel.
package struct Descriptor: ~Copyable, Sendable {
    let raw: CInt

    init(raw: CInt) {
        precondition(raw >= 0, "a descriptor is not negative")
        self.raw = raw
    }

    deinit { _ = Glibc.close(raw) }

    /// Whether its number is below `count`. A new descriptor has the lowest free number (open(2)),
    /// so those from its own to the limit are free, but for what was opened in a fuller table.
    package func isAmongFirst(_ count: Int) -> Bool { Int(raw) < count }

    /// Ends the ownership without closing.
    consuming func release() -> CInt {
        let number = raw
        discard self
        return number
    }
}

extension Descriptor {
    /// A descriptor that only occupies a place, to be given up when places run out.
    package static func placeholder() throws(SystemError) -> Descriptor {
        // SAFETY: open(2) reads a literal path.
        Descriptor(raw: try checked("open") { unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) })
    }

    /// Fails unless so many more can be had now.
    package static func checkRoom(for count: Int) throws(SystemError) {
        if count == 0 { return }
        let held = try placeholder()
        try checkRoom(for: count - 1)
        _ = consume held
    }
}
