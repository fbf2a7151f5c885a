import Synchronization

/// Carries one value, such as a listening socket, to another thread exactly once.
package final class Handover<Value: ~Copyable>: Sendable {
    private let slot: Mutex<Value?>

    package init(_ value: consuming sending Value) { slot = Mutex(value) }

    /// The value, to the first caller; a second call is a bug and stops the program.
    package func take() -> sending Value {
        let taken = slot.withLock { (held: inout sending Value?) -> sending Value? in held.take() }
        guard let taken else { preconditionFailure("a handover was taken twice") }
        return taken
    }
}
