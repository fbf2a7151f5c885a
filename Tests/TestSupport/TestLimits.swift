package import Basis
import Glibc

/// Bounds that only a hang reaches, and how much of a long test is run.
package enum TestLimit {
    /// How long anything may take before it counts as hung; far above what a loaded machine needs.
    package static let hang = Nanoseconds.seconds(30)
}

/// Whether the test and the programs beside it were built with a sanitizer. All is several times
/// slower then, so long tests do less of the same.
package enum Sanitizer {
    /// The thread sanitizer's runtime is linked into this process.
    package static let watchesThreads = isLinked("__tsan_init")
    /// The address sanitizer's runtime is linked into this process.
    package static let watchesAddresses = isLinked("__asan_init")
    package static var isActive: Bool { watchesThreads || watchesAddresses }

    private static func isLinked(_ symbol: String) -> Bool {
        // SAFETY: dlsym(3) with a null handle searches the program itself.
        unsafe dlsym(nil, symbol) != nil
    }
}

/// `count` repetitions of something, fewer under a sanitizer but never less than one.
package func repetitions(_ count: Int) -> Int {
    Sanitizer.isActive ? max(1, count / 5) : count
}
