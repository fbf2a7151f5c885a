// Hot path
import Basis
import Wire

/// The last request of a connection that came whole in its head, and the field block that said it.
///
/// Clients repeat themselves, and under the same table the same bytes say the same (RFC 7541 §2):
/// then nothing is decoded, checked or routed again.
struct HTTP2KnownRequest: ~Copyable {
    private var block = ByteQueue()
    private var message: Message?

    /// The request that a field block says, if it is this one again.
    ///
    /// Hot: once a request.
    @inline(always)
    func message(of fragment: Span<UInt8>, stream: UInt32) -> Message? {
        guard var message, block.count == fragment.count, block.bytes.equals(fragment) else {
            return nil
        }
        message.stream = stream
        return message
    }

    /// - Parameter fragment: a block that left the table as it was.
    mutating func note(_ message: Message, of fragment: Span<UInt8>) {
        block.removeAll()
        self.message = nil
        guard fragment.count <= Limit.http2KnownBlock else { return }
        block.append(fragment)
        self.message = message
    }

    /// The table is another one now.
    mutating func forget() { message = nil }
}
