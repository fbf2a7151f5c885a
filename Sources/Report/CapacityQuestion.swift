import Basis

/// What a cell searches whose rate is not given but found.
package struct CapacityQuestion: Equatable, Hashable, Sendable {
    /// Rules with commas between them, as the generator's `--find-rate` takes them.
    package let rules: String
    /// Whether gaps are drawn from an exponential distribution; else they are all alike.
    package let isPoisson: Bool

    package init(rules: String, isPoisson: Bool) {
        self.rules = rules
        self.isPoisson = isPoisson
    }

    /// Of the generator's `--arrivals`.
    package var arrivals: String { isPoisson ? "poisson" : "constant" }

    /// Its part of a cell's id, in which commas would part the values of a filter.
    var idPart: String {
        "find-" + rules.split(separator: ",").joined(separator: "+")
            + (isPoisson ? "" : "-constant")
    }

    var members: [JSONValue.Member] {
        [.init("find", .string(rules)), .init("find_arrivals", .string(arrivals))]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        rules = try fields.text("find")
        isPoisson = try fields.text("find_arrivals") == "poisson"
    }
}
