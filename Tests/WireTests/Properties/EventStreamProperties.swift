extension Properties {
    /// A stream is read as the standard has it, and the limits do not depend on the cuts.
    static func eventsFault(_ bytes: [UInt8]) -> String? {
        var expected = EventStreamTrace(byTheStandard: bytes)
        let bounded = EventStreamTrace(bytes, lineLimit: 16, eventLimit: 24)
        for cuts in cutSets(bytes) + [[]] {
            let found = EventStreamTrace(bytes, cuts: cuts)
            // The standard knows no middle of an event.
            expected.isMidEvent = found.isMidEvent
            if found != expected {
                return "cut at \(cuts.prefix(8)): \(found), but it is \(expected)"
            }
            let cut = EventStreamTrace(bytes, cuts: cuts, lineLimit: 16, eventLimit: 24)
            if cut != bounded {
                return "cut at \(cuts.prefix(8)): \(cut), but whole: \(bounded)"
            }
        }
        return nil
    }
}
