import Foundation

/// What a comparison of two runs may say of one metric of one cell.
package enum Finding: String, Equatable, Sendable, CaseIterable {
    case better, worse
    /// Proved to lie within the dead band.
    case same
    case unproven
}
