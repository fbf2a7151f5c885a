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
    /// Where the standard input comes from.
    package var standardInput = InputStream.nothing
    /// Where the standard output goes.
    package var standardOutput = OutputStream.captured
    /// Where the standard error goes.
    package var standardError = ErrorStream.inherit
    /// The child's group is in the foreground of this program's terminal, until another is put
    /// there: it reads the terminal and gets its signals.
    package var terminal: ControllingTerminal?
    /// The child keeps its user and its group in it. Nil stays in this program's.
    package var network: NetworkNamespace?
    /// Soft limit of open descriptors; nil inherits.
    package var descriptorLimit: Int?

    /// Where a child's standard input comes from: from nowhere, from where this program's does, or
    /// from its owner.
    package enum InputStream: Sendable { case nothing, inherit, piped }
    /// Where a child's standard output goes: to its owner, or where this program's own output or
    /// errors go.
    package enum OutputStream: Sendable { case captured, inherit, errors }
    /// Where a child's standard error goes.
    package enum ErrorStream: Sendable { case inherit, captured, discarded }

    package init(_ program: String, _ arguments: [String] = []) {
        self.program = program
        self.arguments = arguments
    }
}
