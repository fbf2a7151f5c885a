package import Basis

/// How a user ended a run: once ends the window, twice the wait for the last answers.
package struct Interrupts: Equatable, Sendable {
    package private(set) var count = 0
    /// From the start of the load to the first time.
    package private(set) var after = Nanoseconds.zero

    package init() {}

    /// The user asked for the end.
    package mutating func note(after span: Nanoseconds) {
        if count == 0 { after = max(.zero, span) }
        count += 1
    }
}
