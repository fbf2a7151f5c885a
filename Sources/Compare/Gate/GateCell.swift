import Foundation

/// A cell of a gate with the metrics that it is judged by.
package struct GateCell: Equatable, Sendable {
    package let id: String
    package let metrics: [ComparedMetric]

    package init(id: String, metrics: [ComparedMetric]) {
        self.id = id
        self.metrics = metrics
    }
}
