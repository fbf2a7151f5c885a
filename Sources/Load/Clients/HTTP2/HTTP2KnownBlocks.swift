import Basis
import Wire

/// The last blocks of a server's answers, heads and trailers, with what they said: servers repeat
/// themselves. What changed no table, and comes again before anything else does, says the same.
struct HTTP2KnownBlocks: ~Copyable {
    private var head = ByteQueue()
    private var headFacts = HTTP2BlockFacts()
    private var trailers = ByteQueue()
    private var trailersFacts = HTTP2BlockFacts()

    /// What a block says that is known.
    @inline(always)
    func find(_ section: HTTP2.Section, _ block: Span<UInt8>) -> HTTP2BlockFacts? {
        if section == .head {
            return head.count == block.count && head.bytes.equals(block) ? headFacts : nil
        }
        return trailers.count == block.count && trailers.bytes.equals(block) ? trailersFacts : nil
    }

    /// The table is another one: the same bytes may say something else.
    mutating func forget() {
        head.removeAll()
        trailers.removeAll()
    }

    mutating func note(_ section: HTTP2.Section, _ block: Span<UInt8>, _ facts: HTTP2BlockFacts) {
        if block.count > Limit.http2KnownBlock { return }
        if section == .head {
            head.removeAll()
            head.append(block)
            headFacts = facts
        } else {
            trailers.removeAll()
            trailers.append(block)
            trailersFacts = facts
        }
    }
}
