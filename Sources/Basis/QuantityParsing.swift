extension Nanoseconds {
    /// Reads `10s`, `250ms`, `1.5us`, `2m`, `1h`, `800ns`; a bare number counts seconds. Nil when the text
    /// is no such time or is negative or too large.
    package init?(parsing text: String) {
        guard let (number, unit) = splitNumber(text) else { return nil }
        let scale: Double
        switch unit {
        case "ns": scale = 1
        case "us", "µs": scale = 1e3
        case "ms": scale = 1e6
        case "", "s": scale = 1e9
        case "m", "min": scale = 60e9
        case "h": scale = 3_600e9
        default: return nil
        }
        let raw = (number * scale).rounded()
        guard raw >= 0, raw < 9.2e18 else { return nil }
        self.init(raw: Int64(raw))
    }

    /// The shortest text with three significant digits, such as `12.3ms`.
    package var display: String {
        let magnitude = Double(raw.magnitude)
        let (scale, unit): (Double, String) =
            magnitude >= 60e9
            ? (60e9, "m")
            : magnitude >= 1e9
                ? (1e9, "s")
                : magnitude >= 1e6 ? (1e6, "ms") : magnitude >= 1e3 ? (1e3, "us") : (1, "ns")
        return significant(Double(raw) / scale) + unit
    }
}

extension PerSecond {
    /// Reads `5000`, `50k`, `1.2M`. Nil when the text is no such rate or is not above zero.
    package init?(parsing text: String) {
        guard let (number, unit) = splitNumber(text), let scale = decimalScale(unit) else {
            return nil
        }
        let raw = number * scale
        guard raw.isFinite, raw > 0 else { return nil }
        self.init(raw: raw)
    }

    /// The shortest text with three significant digits, such as `48.2k`.
    package var display: String { decimalDisplay(raw) }
}

extension ByteCount {
    /// Reads `4096`, `64KiB`, `16MiB`, `1GiB` and `64k`, `16M` with the same binary meaning.
    package init?(parsing text: String) {
        guard let (number, unit) = splitNumber(text) else { return nil }
        let scale: Double
        switch unit.lowercased() {
        case "", "b": scale = 1
        case "k", "kib": scale = 1_024
        case "m", "mib": scale = 1_048_576
        case "g", "gib": scale = 1_073_741_824
        default: return nil
        }
        let raw = (number * scale).rounded()
        guard raw >= 0, raw < 9.2e18 else { return nil }
        self.init(raw: Int(raw))
    }

    /// Such as `13B`, `1.50KiB`, `16.0MiB`.
    package var display: String {
        let value = Double(raw)
        if value < 1_024 { return "\(raw)B" }
        if value < 1_048_576 { return significant(value / 1_024) + "KiB" }
        if value < 1_073_741_824 { return significant(value / 1_048_576) + "MiB" }
        return significant(value / 1_073_741_824) + "GiB"
    }
}

/// Reads a count such as `64`, `10k` or `1M`; nil when it is not a whole number at least zero.
package func parseCount(_ text: String) -> Int? {
    guard let (number, unit) = splitNumber(text), let scale = decimalScale(unit) else { return nil }
    let value = number * scale
    guard value >= 0, value <= 9e15, value == value.rounded() else { return nil }
    return Int(value)
}

/// Three significant digits with a decimal prefix: `999`, `1.20k`, `3.41M`.
package func decimalDisplay(_ value: Double) -> String {
    let magnitude = value.magnitude
    if magnitude >= 1e9 { return significant(value / 1e9) + "G" }
    if magnitude >= 1e6 { return significant(value / 1e6) + "M" }
    if magnitude >= 1e4 { return significant(value / 1e3) + "k" }
    if magnitude >= 1e3 || value == value.rounded() { return String(Int64(value.rounded())) }
    return significant(value)
}

/// `value` with a fixed number of decimals, in the C locale whatever the environment says.
package func fixed(_ value: Double, decimals: Int) -> String {
    precondition((0...15).contains(decimals), "more decimals than a Double carries")
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e18 else { return String(value) }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let digits = String(UInt64(scaled))
    if decimals == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}

private func significant(_ value: Double) -> String {
    let magnitude = value.magnitude
    return fixed(value, decimals: magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2)
}

private func decimalScale(_ unit: String) -> Double? {
    switch unit {
    case "": 1
    case "k", "K": 1e3
    case "m", "M": 1e6
    case "g", "G": 1e9
    default: nil
    }
}

/// Splits `12.5ms` into its number and its unit. The number is plain decimal: no sign, no exponent.
private func splitNumber(_ text: String) -> (Double, String)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard !digits.isEmpty, digits != ".", let number = Double(digits) else { return nil }
    return (number, String(text.dropFirst(digits.count)))
}
