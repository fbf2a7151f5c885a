/// `text` as one line that a terminal shows and never obeys: what moves the cursor, ends a line or
/// turns the direction of writing stands as an escape of Swift, such as `\n` or `\u{1B}`.
package func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isObeyed) else { return text }
    var line = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": line += "\\n"
        case "\r": line += "\\r"
        case "\t": line += "\\t"
        case _ where isObeyed(scalar):
            line += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        default: line.unicodeScalars.append(scalar)
        }
    }
    return line
}

/// Whether a terminal or a layout does something at `scalar` other than showing it.
private func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    // The usual case, without a look into the tables of Unicode.
    if (0x20..<0x7F).contains(scalar.value) { return false }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    // UAX #9, table 4: marks, embeddings, overrides and isolates of direction.
    case .format:
        return [0x061C, 0x200E, 0x200F].contains(scalar.value)
            || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    default: return false
    }
}
