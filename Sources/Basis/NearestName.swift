/// The entry of `candidates` that a misspelt `name` most likely meant, or nil when none is near.
///
/// Nearness is the edit distance with swaps of neighbours (Damerau 1964, optimal string alignment),
/// at most a third of the longer word; one edit is always forgiven. Case does not count.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
        let allowed = max(1, max(name.count, candidate.count) / 3)
        if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var above = Array(0...b.count)
    var row = above
    for i in 0..<a.count {
        row[0] = i + 1
        for j in 0..<b.count {
            let substituted = above[j] + (a[i] == b[j] ? 0 : 1)
            row[j + 1] = min(substituted, above[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                row[j + 1] = min(row[j + 1], before[j - 1] + 1)
            }
        }
        (before, above, row) = (above, row, before)
    }
    return above[b.count]
}
