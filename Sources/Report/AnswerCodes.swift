package import Basis

/// Answers by the code that their protocol names: the status of HTTP, or that of a call of gRPC.
/// Empty where answers have none, as messages.
package struct AnswerCodes: Equatable, Sendable {
    /// The answers of one code.
    package struct Entry: Equatable, Sendable {
        package let code: Int
        /// At least one.
        package let answers: Int64
    }

    /// By ascending code.
    package let entries: [Entry]

    /// - Parameter counts: each code once; one without answers is left out.
    package init(_ counts: some Sequence<(code: Int, answers: Int64)> = []) {
        entries = counts.filter { $0.answers > 0 }.map { Entry(code: $0.code, answers: $0.answers) }
            .sorted { $0.code < $1.code }
    }

    /// `200:997 503:3`, for a cell of a table.
    package var text: String {
        entries.map { "\($0.code):\($0.answers)" }.joined(separator: " ")
    }

    /// Its members are named by the codes.
    package var json: JSONValue {
        .object(entries.map { .init("\($0.code)", .integer($0.answers)) })
    }

    /// Nil where some member is no count of a code.
    package init?(_ json: JSONValue) {
        guard case .object(let members) = json else { return nil }
        var counts: [(code: Int, answers: Int64)] = []
        for member in members {
            guard let code = Int(member.name), case .integer(let answers) = member.value,
                code >= 0, answers >= 0
            else { return nil }
            counts.append((code, answers))
        }
        self.init(counts)
    }
}
