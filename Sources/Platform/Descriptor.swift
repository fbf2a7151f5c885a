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
}
