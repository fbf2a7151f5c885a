package import Basis

/// The messages of `Protos/switchyard/v1/bench.proto` and `Protos/grpc/health/v1/health.proto`,
/// each read and written as far as its end needs it. Of a field that comes twice the last counts;
/// unknown ones are read over.
package enum BenchMessages {
    /// `switchyard.v1.UnaryRequest`.
    package struct UnaryRequest: BitwiseCopyable, Equatable, Sendable {
        package var payloadBytes = 0
        package var replyBytes = 0
        package var wait = Nanoseconds.zero
        package var work = Nanoseconds.zero
        package var status = GRPC.Status.ok
        /// Where in the input the text for `grpc-message` lies.
        package var message = HTTP1.Run()

        package init() {}

        /// Reads a message that is the part `range` of `input`.
        package init(_ input: Span<UInt8>, in range: Range<Int>) throws(GRPC.Fault) {
            let input = input.extracting(first: range.upperBound)
            var reader = Protobuf.Reader(from: range.lowerBound)
            while let field = try reader.next(input) {
                switch (field.number, field.value) {
                case (1, .bytes(let range)): payloadBytes = range.count
                case (2, .varint(let value)): replyBytes = try value.payloadBytes
                case (3, .varint(let value)): wait = try value.span
                case (4, .varint(let value)): work = try value.span
                case (5, .varint(let value)):
                    guard let code = UInt8(exactly: value), let known = GRPC.Status(rawValue: code)
                    else { throw .outOfRange }
                    status = known
                case (6, .bytes(let range)): message = HTTP1.Run(range.lowerBound, range.upperBound)
                case (1...6, _): throw .malformed
                default: continue
                }
            }
        }

        /// Appends the request, its payload made of one byte and without its text.
        package func write(to output: inout ByteQueue) {
            if payloadBytes > 0 { BenchMessages.writePayload(bytes: payloadBytes, to: &output) }
            Protobuf.append(field: 2, UInt64(replyBytes), to: &output)
            Protobuf.append(field: 3, UInt64(wait.raw / 1_000), to: &output)
            Protobuf.append(field: 4, UInt64(work.raw / 1_000), to: &output)
            Protobuf.append(field: 5, UInt64(status.rawValue), to: &output)
        }
    }

    /// `switchyard.v1.StreamRequest`.
    package struct StreamRequest: BitwiseCopyable, Equatable, Sendable {
        package var messages: UInt32 = 0
        package var messageBytes = 0
        package var interval = Nanoseconds.zero

        package init() {}

        /// Reads a message that is the part `range` of `input`.
        package init(_ input: Span<UInt8>, in range: Range<Int>) throws(GRPC.Fault) {
            let input = input.extracting(first: range.upperBound)
            var reader = Protobuf.Reader(from: range.lowerBound)
            while let field = try reader.next(input) {
                switch (field.number, field.value) {
                case (1, .varint(let value)): messages = UInt32(truncatingIfNeeded: value)
                case (2, .varint(let value)): messageBytes = try value.payloadBytes
                case (3, .varint(let value)): interval = try value.span
                case (1...3, _): throw .malformed
                default: continue
                }
            }
        }

        package func write(to output: inout ByteQueue) {
            Protobuf.append(field: 1, UInt64(messages), to: &output)
            Protobuf.append(field: 2, UInt64(messageBytes), to: &output)
            Protobuf.append(field: 3, UInt64(interval.raw / 1_000), to: &output)
        }
    }

    /// `switchyard.v1.StreamCounts`.
    package struct StreamCounts: BitwiseCopyable, Equatable, Sendable {
        package var messages: UInt64 = 0
        package var bytes: UInt64 = 0

        package init() {}

        package func write(to output: inout ByteQueue) {
            Protobuf.append(field: 1, messages, to: &output)
            Protobuf.append(field: 2, bytes, to: &output)
        }

        package var count: Int {
            (messages == 0 ? 0 : 1 + Protobuf.varintBytes(messages))
                + (bytes == 0 ? 0 : 1 + Protobuf.varintBytes(bytes))
        }
    }

    // MARK: switchyard.v1.Payload

    /// What payloads are made of.
    package static let filler = UInt8(ascii: "x")

    /// Bytes of a `Payload` with so many bytes of payload.
    @inline(always)
    package static func payloadMessageBytes(_ bytes: Int) -> Int {
        bytes == 0 ? 0 : 1 + Protobuf.varintBytes(UInt64(bytes)) + bytes
    }

    /// Appends all of a `Payload` but its payload, which follows; nothing where that is empty.
    @inline(always)
    package static func beginPayload(bytes: Int, to output: inout ByteQueue) {
        if bytes > 0 { Protobuf.beginBytes(field: 1, count: bytes, to: &output) }
    }

    /// Appends a `Payload`.
    package static func writePayload(bytes: Int, to output: inout ByteQueue) {
        beginPayload(bytes: bytes, to: &output)
        output.append(repeating: filler, count: bytes)
    }

    // MARK: grpc.health.v1

    /// Checks that a `HealthCheckRequest` asks for a service that is here.
    package static func checkService(
        _ input: Span<UInt8>, in range: Range<Int>
    ) throws(GRPC.Fault) {
        let input = input.extracting(first: range.upperBound)
        var reader = Protobuf.Reader(from: range.lowerBound)
        var name = 0..<0
        while let field = try reader.next(input) {
            if field.number != 1 { continue }
            guard case .bytes(let range) = field.value else { throw .malformed }
            name = range
        }
        let isKnown = name.isEmpty || input.extracting(name).isBench
        if !isKnown { throw .unknownService }
    }

    /// A `HealthCheckResponse` that says SERVING.
    package static func writeServing(to output: inout ByteQueue) {
        Protobuf.append(field: 1, 1, to: &output)
    }
}

extension UInt64 {
    /// A number of bytes of payload.
    fileprivate var payloadBytes: Int {
        get throws(GRPC.Fault) {
            if self > UInt64(GRPC.Limit.messageBytes) { throw .outOfRange }
            return Int(self)
        }
    }

    /// Microseconds, at most a minute.
    fileprivate var span: Nanoseconds {
        get throws(GRPC.Fault) {
            if self > 60_000_000 { throw .outOfRange }
            return .microseconds(Int(self))
        }
    }
}

extension Span where Element == UInt8 {
    fileprivate var isBench: Bool {
        count == 19 && has("switchyard.v1.Bench", at: 0)
    }
}
