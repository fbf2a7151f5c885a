import Wire

extension Properties {
    /// What a receiver makes of frames does not depend on the cuts, keeps to its limit, and reads
    /// the same when it is written again.
    static func webSocketFault(_ bytes: [UInt8]) -> String? {
        for role in [WebSocket.Role.server, .client] {
            let whole = ReceiverTrace(bytes, role: role, messageLimit: messageLimit)
            if let fault = whole.fault { return fault }
            for cuts in cutSets(bytes) {
                let cut = ReceiverTrace(bytes, role: role, cuts: cuts, messageLimit: messageLimit)
                if cut != whole {
                    return "cut at \(cuts.prefix(8)): \(cut), but whole: \(whole)"
                }
            }
            let again = ReceiverTrace(
                whole.rewritten(to: role), role: role, messageLimit: messageLimit)
            let failures = whole.steps.filter { if case .failure = $0 { true } else { false } }
            if again.steps + failures != whole.steps || again.rest != nil {
                return "\(whole), but written again: \(again)"
            }
        }
        return nil
    }

    /// A text is judged as the standard library judges it, in whatever pieces and however masked.
    static func textFault(_ bytes: [UInt8]) -> String? {
        let expected = UTF8Oracle.judge(bytes)
        for cuts in cutSets(bytes) + [[]] {
            for mask in [WebSocket.Mask.none, WebSocket.Mask(key: 0x8134_5678)] {
                let found = UTF8Oracle.ours(bytes, mask: mask, cuts: cuts)
                if found != expected {
                    return "cut at \(cuts.prefix(8)): \(found), but it is \(expected)"
                }
            }
        }
        return nil
    }

    /// Small, so that inputs of a test's size reach it.
    private static let messageLimit: UInt32 = 300
}
