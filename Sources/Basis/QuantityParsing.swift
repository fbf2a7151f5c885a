extension Nanoseconds {
    /// Reads `10s`, `250ms`, `1.5us`, `2m`, `1h`, `800ns`; a bare number counts seconds. Nil when
    /// the text is no such time or is negative or too large.
    package init?(parsing text: String) {
        guard let (number, unit) = splitNumber(text) else { return nil }
        let scale: Double
        switch unit {
        case "ns": scale = 1
        case "us", "\u{B5}s", "\u{3BC}s": scale = 1e3
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

    /// Three significant digits and the unit that suits them, such as `12.3ms`; whole below a
    /// microsecond.
    package var display: String {
        let value = Double(raw)
        return switch value.magnitude {
        case ..<1e3: "\(raw)ns"
        case ..<999.5e3: significant(value / 1e3) + "us"
        case ..<999.5e6: significant(value / 1e6) + "ms"
        case ..<60e9: significant(value / 1e9) + "s"
        default: significant(value / 60e9) + "m"
        }
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

    /// Such as `950`, `5000`, `48.2k`: see `decimalDisplay`.
    package var display: String { decimalDisplay(raw) }
}

extension ByteCount {
    /// Reads `4096`, `64KiB`, `16MiB`, `1GiB` and `64k`, `16M` with the same binary meaning. Nil
    /// when the text is no such size or is not a whole number of bytes.
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
        guard let raw = whole(number * scale) else { return nil }
        self.init(raw: raw)
    }

    /// Such as `13B`, `1.50KiB`, `16.0MiB`.
    package var display: String {
        let value = Double(raw)
        return switch value.magnitude {
        case ..<1_024: "\(raw)B"
        case ..<1_048_576: significant(value / 1_024) + "KiB"
        case ..<1_073_741_824: significant(value / 1_048_576) + "MiB"
        default: significant(value / 1_073_741_824) + "GiB"
        }
    }
}

/// Reads a count such as `64`, `10k` or `1M`; nil when it is not a whole number at least zero.
package func parseCount(_ text: String) -> Int? {
    guard let (number, unit) = splitNumber(text), let scale = decimalScale(unit) else { return nil }
    return whole(number * scale)
}

/// Three significant digits with a decimal prefix, four where they are all there is: `0.25`, `999`,
/// `1200`, `12.0k`, `3.41M`.
package func decimalDisplay(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, decimals: 0) }
    return switch value.magnitude {
    case 999.5e6...: significant(value / 1e9) + "G"
    case 999.5e3...: significant(value / 1e6) + "M"
    case 9_999.5...: significant(value / 1e3) + "k"
    case 999.5...: fixed(value, decimals: 0)
    default: value == value.rounded() ? fixed(value, decimals: 0) : significant(value)
    }
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
    if magnitude >= 99.95 { return fixed(value, decimals: 0) }
    // What lies below the last decimal that `fixed` has is shown as zero.
    var decimals = 2
    var tenths = 0.0995
    while decimals < 15, magnitude < tenths {
        decimals += 1
        tenths /= 10
    }
    return fixed(value, decimals: magnitude >= 9.995 ? 1 : decimals)
}

/// `value` when it is a whole number that a Double can tell from its neighbours. The decimal text
/// and its product with a unit were each rounded once, so `16.1k` is 16100 give or take two last
/// places.
private func whole(_ value: Double) -> Int? {
    let rounded = value.rounded()
    guard value >= 0, value <= 9e15, (value - rounded).magnitude <= 2 * value.ulp else {
        return nil
    }
    return Int(rounded)
}

/// A share as people write it, 0...1: `0.5%`.
package func parseShare(_ text: String) -> Double? {
    guard text.last == "%", let first = text.utf8.first, first < UInt8(ascii: ":"),
        text.dropLast().allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
        let percent = Double(text.dropLast()), (0...100).contains(percent)
    else { return nil }
    return percent / 100
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
