/// Holm's sequentially rejective procedure: keeps the chance of even one false alarm among several
/// tests below a level, whatever their dependence (S. Holm, "A simple sequentially rejective
/// multiple test procedure", Scand. J. Statistics 6, 1979).
package enum Holm {
    /// p-values that may each be compared with the common level, in the order given: the i-th
    /// smallest of m times m - i + 1, made monotone and capped at 1.
    package static func adjusted(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var adjusted = pValues
        var floor = 0.0
        for (place, index) in order.enumerated() {
            floor = max(floor, min(1, pValues[index] * Double(pValues.count - place)))
            adjusted[index] = floor
        }
        return adjusted
    }
}
