/// What is said of a failure besides its phase.
struct FailureText {
    let reason: String
    var received: String?
}
