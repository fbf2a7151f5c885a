import Basis
import Wire

/// The last blocks of a server's answers, heads and trailers, with what they said: servers repeat
/// themselves. What changed no table, and comes again before anything else does, says the same.
struct HTTP2KnownBlocks: ~Copyable {
    private var head = Known()
    private var trailers = Known()

    private struct Known: ~Copyable {
        private var block = ByteQueue()
        private var facts = HTTP2BlockFacts()

        @inline(always)
        func find(_ block: Span<UInt8>) -> HTTP2BlockFacts? {
            self.block.count == block.count && self.block.bytes.equals(block) ? facts : nil
        }

        mutating func forget() { block.removeAll() }

        mutating func note(_ block: Span<UInt8>, _ facts: HTTP2BlockFacts) {
            self.block.removeAll()
            self.block.append(block)
            self.facts = facts
        }
    }

    /// What a block says that is known.
    @inline(always)
    func find(_ section: HTTP2.Section, _ block: Span<UInt8>) -> HTTP2BlockFacts? {
        section == .head ? head.find(block) : trailers.find(block)
    }

    /// The table is another one: the same bytes may say something else.
    mutating func forget() {
        head.forget()
        trailers.forget()
    }

    mutating func note(_ section: HTTP2.Section, _ block: Span<UInt8>, _ facts: HTTP2BlockFacts) {
        if block.count > Limit.http2KnownBlock { return }
        if section == .head { head.note(block, facts) } else { trailers.note(block, facts) }
    }
}
