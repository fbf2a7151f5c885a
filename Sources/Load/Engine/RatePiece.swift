/// What became of one piece of the window.
package struct RatePiece: Equatable, Sendable {
    /// Successes a second.
    package var succeeded: Double
    /// Requests a second that were due; zero in a closed loop, where none is.
    package var due: Double

    package init(succeeded: Double, due: Double = 0) {
        self.succeeded = succeeded
        self.due = due
    }

    /// The same time as two threads saw it.
    static func + (a: RatePiece, b: RatePiece) -> RatePiece {
        RatePiece(succeeded: a.succeeded + b.succeeded, due: a.due + b.due)
    }
}
