package import Basis

/// What is left of the pieces in which one connection's bytes are written.
///
/// A flush is what waits when a write begins and nothing of an earlier flush is left. What is
/// appended while its pieces go belongs to the next one. A piece keeps its end, however little of
/// it the socket takes at a time: what is left of it is the next write.
package struct FlushPieces: BitwiseCopyable, Sendable {
    /// Bytes of the piece that is under way.
    private var piece: UInt32 = 0
    /// Bytes of the flush behind it.
    private var behind: UInt32 = 0
    /// In how many pieces those go.
    private var more: UInt32 = 0

    @inline(always)
    package init() {}

    /// How many of `bytes`, all that wait and at least one, go with the next write.
    package mutating func next(
        of bytes: Span<UInt8>, _ shape: WriteShape, _ framing: MessageFraming
    ) -> Int {
        if piece == 0, behind == 0 {
            let all = UInt32(clamping: bytes.count)
            (piece, behind, more) = (0, all, 1)
            switch shape {
            case .one: break
            case .trickle: more = WriteShape.trickles
            case .headThenBody:
                if let head = framing.firstBody(in: bytes), head < Int(all) {
                    piece = UInt32(head)
                    behind = all - piece
                }
            }
        }
        if piece == 0 {
            // Rounded up, so that as many bytes as pieces are a byte each.
            piece = (behind - 1) / more + 1
            behind -= piece
            more -= 1
        }
        return min(Int(piece), bytes.count)
    }

    /// So many bytes of what `next` said have been taken.
    package mutating func took(_ count: Int) {
        precondition(count >= 0 && count <= Int(piece), "no more than was offered")
        piece -= UInt32(count)
    }
}
