import CLinux
import Glibc

/// How a child process is started.
package struct SpawnOptions: Sendable {
    /// The program, looked up in PATH when it has no slash.
    package var program: String
    /// Without the program's own name.
    package var arguments: [String]
    /// nil inherits; else the whole environment.
    package var environment: [String: String]?
    package var directory: String?
    package var cpus: CPUSet?
    /// When this program ends, however it ends, the child and all of its group are asked to end,
    /// and killed two seconds later. Another process in the group sees to it, the guardian.
    package var diesWithParent = false
    /// Where the standard error goes.
    package var standardError = ErrorStream.inherit
    /// Soft limit of open descriptors; nil inherits.
    package var descriptorLimit: Int?

    /// Where a child's standard error goes.
    package enum ErrorStream: Sendable { case inherit, captured, discarded }

    package init(_ program: String, _ arguments: [String] = []) {
        self.program = program
        self.arguments = arguments
    }
}
