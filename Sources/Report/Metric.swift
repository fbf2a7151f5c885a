/// A figure of a launch that cells take the median of.
package struct Metric: Sendable {
    package let name: String
    package let unit: String
    package let meaning: String
    /// Digits behind the point in the tables.
    package let decimals: Int
    package let value: @Sendable (LaunchRecord) -> Double?

    init(
        _ name: String, _ unit: String, _ decimals: Int, _ meaning: String,
        _ value: @escaping @Sendable (LaunchRecord) -> Double?
    ) {
        self.name = name
        self.unit = unit
        self.decimals = decimals
        self.meaning = meaning
        self.value = value
    }
}
