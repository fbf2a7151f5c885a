// Hot path
import Basis
import Wire

/// Requests that were made before they are due, so that making them is in nobody's time.
struct ReadyRequests: ~Copyable {
    /// Of each the kind, its length in four bytes, and what it is.
    var bytes = ByteQueue()
    private var count = 0

    private static var headBytes: Int { 5 }

    @inline(always)
    var isEmpty: Bool { count == 0 }

    /// Whether there are enough for one turn of the loop.
    @inline(always)
    var isFull: Bool { count >= Limit.readyRequests || bytes.count >= Limit.readyBytes }

    /// Begins one more behind the others; what it is, is appended to `bytes` next.
    ///
    /// - Returns: what `end` wants to know.
    @inline(always)
    mutating func begin(kind: Int) -> Int {
        let start = bytes.count
        bytes.append(UInt8(truncatingIfNeeded: kind))
        bytes.append(bigEndian: UInt32(0))
        return start
    }

    /// Ends the one that was begun.
    @inline(always)
    mutating func end(_ start: Int) {
        let length = bytes.count &- start &- Self.headBytes
        bytes.overwrite(bigEndian: UInt32(truncatingIfNeeded: length), at: start &+ 1)
        count &+= 1
    }

    /// The kind of the oldest; there is one.
    @inline(always)
    var kind: Int { Int(bytes.bytes[0]) }

    @inline(always)
    private var length: Int { Int(bytes.bytes.bigEndian(UInt32.self, at: 1)) }

    /// What the oldest is.
    @inline(always)
    var oldest: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            bytes.bytes.extracting(Self.headBytes..<(Self.headBytes &+ length))
        }
    }

    /// Forgets the oldest.
    @inline(always)
    mutating func removeOldest() {
        let end = Self.headBytes &+ length
        bytes.consume(end)
        count &-= 1
    }
}
