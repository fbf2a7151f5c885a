import Glibc

/// The variables that programs started from here inherit.
package enum Environment {
    /// Sets one; call it before a second thread starts (setenv(3)).
    package static func set(_ name: String, _ value: String) {
        // SAFETY: setenv(3) copies both strings.
        _ = unsafe setenv(name, value, 1)
    }
}
