import Measure

/// Student's t distribution.
package enum StudentT {
    /// P(|T| ≥ |t|) with `degrees` > 0 degrees of freedom (Abramowitz and Stegun 26.7.1 and
    /// 26.5.27).
    package static func twoSided(_ t: Double, degrees: Double) -> Double {
        SpecialFunctions.incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
    }
}
