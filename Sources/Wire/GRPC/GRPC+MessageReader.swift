package import Basis

extension GRPC {
    /// Finds messages in the payload of a stream, however that was cut (the protocol,
    /// "Length-Prefixed-Message").
    package struct MessageReader: BitwiseCopyable, Sendable {
        /// What the bytes are.
        package enum Event: Equatable, Sendable {
            /// Nothing more: all of them are used up.
            case needMore
            /// A piece of a message, and whether it is the last one; reading goes on behind it. An
            /// empty message has one piece without bytes.
            case piece(Range<Int>, endsMessage: Bool)
            case fault(Fault)
        }

        private let limit: UInt32
        /// The bytes of the length so far.
        private var length: UInt32 = 0
        /// Bytes of the prefix that have come; none between messages.
        private var prefix: UInt8 = 0
        /// What is still to come of the message.
        private var left: UInt32 = 0

        /// - Parameter limit: bytes of the largest message that is taken.
        package init(limit: Int = Limit.messageBytes) { self.limit = UInt32(limit) }

        /// What has come ends within a message.
        @inline(always)
        package var isMidMessage: Bool { prefix > 0 }

        /// The next event in `input` from `offset` on.
        @inline(always)
        package mutating func next(_ input: Span<UInt8>, from offset: Int) -> Event {
            var at = offset
            while Int(prefix) < Limit.prefixBytes {
                if at == input.count { return .needMore }
                let byte = input[at]
                if prefix == 0 {
                    if byte != 0 { return .fault(byte == 1 ? .compressed : .badFlag) }
                    length = 0
                } else {
                    length = length &<< 8 | UInt32(byte)
                }
                prefix &+= 1
                at &+= 1
                if Int(prefix) < Limit.prefixBytes { continue }
                if length > limit { return .fault(.tooLarge) }
                left = length
                if left == 0 {
                    prefix = 0
                    return .piece(at..<at, endsMessage: true)
                }
            }
            if at == input.count { return .needMore }
            let count = min(Int(left), input.count &- at)
            left &-= UInt32(count)
            if left == 0 { prefix = 0 }
            return .piece(at..<(at &+ count), endsMessage: left == 0)
        }
    }

    /// The one message that `input` is.
    @inline(always)
    package static func onlyMessage(_ input: Span<UInt8>) throws(Fault) -> Range<Int> {
        var reader = MessageReader()
        switch reader.next(input, from: 0) {
        case .needMore: throw input.isEmpty ? .noMessage : .cutOff
        case .fault(let fault): throw fault
        case .piece(_, endsMessage: false): throw .cutOff
        case .piece(let range, endsMessage: true):
            if range.upperBound < input.count { throw .manyMessages }
            return range
        }
    }

    /// Appends what stands before a message of so many bytes.
    @inline(always)
    package static func beginMessage(bytes: Int, to output: inout ByteQueue) {
        output.append(0 as UInt8)
        output.append(bigEndian: UInt32(bytes))
    }
}
