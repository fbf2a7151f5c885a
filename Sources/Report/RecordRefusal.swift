/// A record that does not have the shape its schema says.
package struct RecordRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The dotted path of the member, such as `errors.connect`.
    package let path: String
    package let problem: String

    package init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { path.isEmpty ? problem : "\(path) \(problem)" }
}
