/// Ranks of values by rising size.
package enum Ranks {
    /// Twice the rank of each value, from 2 upwards; equal values share their mean rank, which
    /// twice over is always whole.
    package static func doubledMidranks(of values: [Double]) -> [Int] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Int](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            // Ranks start+1...end have the mean (start + 1 + end) / 2.
            for place in start..<end { ranks[order[place]] = start + 1 + end }
            start = end
        }
        return ranks
    }
}
