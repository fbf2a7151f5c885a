import Basis
import Wire

extension Properties {
    /// What gRPC makes of bytes, wherever they stand: as a stream's payload, a message, a text, a
    /// deadline and a path.
    static func grpcFault(_ bytes: [UInt8]) -> String? {
        if let fault = framingFault(bytes) { return fault }
        for message in [bytes] + MessageTrace(bytes).messages {
            if let fault = protobufFault(message) ?? benchFault(message) { return fault }
        }
        return messageTextFault(bytes) ?? timeoutFault(bytes) ?? pathFault(bytes)
    }

    /// Small, so that inputs of a test's size reach it.
    private static let messageLimit = 300

    /// Messages do not depend on the cuts, keep to their limit, and read the same when they are
    /// framed again; the only message of a call is the first where nothing stands behind it.
    private static func framingFault(_ bytes: [UInt8]) -> String? {
        let whole = MessageTrace(bytes, limit: messageLimit)
        if let fault = whole.fault { return fault }
        for cuts in cutSets(bytes) {
            let cut = MessageTrace(bytes, cuts: cuts, limit: messageLimit)
            if cut != whole { return "cut at \(cuts.prefix(8)): \(cut), but whole: \(whole)" }
        }
        let again = MessageTrace(whole.rewritten, limit: messageLimit)
        if again.messages != whole.messages || again.isUnfinished || again.refusal != nil {
            return "\(whole), but written again: \(again)"
        }
        let found = result { () throws(GRPC.Fault) in try GRPC.onlyMessage(bytes.span) }
        let expected = onlyMessage(of: bytes)
        return found == expected ? nil : "the only message is \(found), not \(expected)"
    }

    private static func onlyMessage(of bytes: [UInt8]) -> Result<Range<Int>, GRPC.Fault> {
        let trace = MessageTrace(bytes)
        guard let first = trace.messages.first else {
            return .failure(bytes.isEmpty ? .noMessage : trace.refusal ?? .cutOff)
        }
        let end = GRPC.Limit.prefixBytes + first.count
        return end < bytes.count
            ? .failure(.manyMessages) : .success(GRPC.Limit.prefixBytes..<end)
    }

    /// A message reads the same wherever it begins, and when it is written again.
    private static func protobufFault(_ bytes: [UInt8]) -> String? {
        let whole = MessageFields(bytes)
        let behind = MessageFields([0xFF, 0, 0x0A] + bytes, from: 3)
        if behind != whole { return "\(behind) behind other bytes, but \(whole)" }
        let again = MessageFields(whole.rewritten)
        return again.fields == whole.fields && again.refusal == nil
            ? nil : "\(whole), but written again: \(again)"
    }

    // MARK: the bench service

    private static func benchFault(_ bytes: [UInt8]) -> String? {
        let fields = MessageFields(bytes)
        return unaryFault(bytes, fields) ?? streamFault(bytes, fields) ?? healthFault(bytes, fields)
    }

    private static func unaryFault(_ bytes: [UInt8], _ fields: MessageFields) -> String? {
        typealias Request = BenchMessages.UnaryRequest
        func read(_ bytes: [UInt8]) -> Result<Request, GRPC.Fault> {
            result { () throws(GRPC.Fault) in try Request(bytes.span, in: 0..<bytes.count) }
        }
        guard case .success(var request) = read(bytes) else {
            return fields.areHarmless(numbers: [2, 3, 4, 5], texts: [1, 6])
                ? "\(fields) is refused as a request" : nil
        }
        let text = request.message
        let message = Array(bytes[Int(text.start)...].prefix(Int(text.count)))
        if UInt64(request.replyBytes) != fields.lastNumber(2)
            || UInt64(request.status.rawValue) != fields.lastNumber(5)
            || request.payloadBytes != fields.lastBytes(1).count || message != fields.lastBytes(6)
        {
            return "\(request) of \(fields)"
        }
        // The text is not written.
        request.message = HTTP1.Run()
        var output = ByteQueue()
        request.write(to: &output)
        let again = read(output.array)
        return again == .success(request) ? nil : "\(request) came back as \(again)"
    }

    private static func streamFault(_ bytes: [UInt8], _ fields: MessageFields) -> String? {
        typealias Request = BenchMessages.StreamRequest
        func read(_ bytes: [UInt8]) -> Result<Request, GRPC.Fault> {
            result { () throws(GRPC.Fault) in try Request(bytes.span, in: 0..<bytes.count) }
        }
        guard case .success(let request) = read(bytes) else {
            return fields.areHarmless(numbers: [1, 2, 3], texts: [])
                ? "\(fields) is refused as a request of a stream" : nil
        }
        if request.messages != UInt32(truncatingIfNeeded: fields.lastNumber(1))
            || UInt64(request.messageBytes) != fields.lastNumber(2)
        {
            return "\(request) of \(fields)"
        }
        var output = ByteQueue()
        request.write(to: &output)
        let again = read(output.array)
        return again == .success(request) ? nil : "\(request) came back as \(again)"
    }

    private static func healthFault(_ bytes: [UInt8], _ fields: MessageFields) -> String? {
        let found = result { () throws(GRPC.Fault) in
            try BenchMessages.checkService(bytes.span, in: 0..<bytes.count)
            return true
        }
        let isKnown = ["", "switchyard.v1.Bench"].contains {
            fields.lastBytes(1) == Array($0.utf8)
        }
        let expected: Result<Bool, GRPC.Fault> =
            !fields.areHarmless(numbers: [], texts: [1])
            ? .failure(.malformed) : isKnown ? .success(true) : .failure(.unknownService)
        return found == expected ? nil : "health of \(fields) is \(found), not \(expected)"
    }

    // MARK: fields

    /// A text comes back from its escapes, which are printable; without any it is itself.
    private static func messageTextFault(_ bytes: [UInt8]) -> String? {
        var output = ByteQueue()
        GRPC.MessageText.append(encoding: bytes.span, to: &output)
        let escaped = output.array
        if !escaped.allSatisfy({ (0x20...0x7E).contains($0) }) {
            return "\(bytes) is escaped as \(escaped)"
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let back = GRPC.MessageText.decode(escaped.span)
        if back != text { return "\(text.debugDescription) came back as \(back.debugDescription)" }
        let plain = GRPC.MessageText.decode(bytes.span)
        return bytes.contains(UInt8(ascii: "%")) || plain == text
            ? nil : "\(text.debugDescription) is read as \(plain.debugDescription)"
    }

    /// One to eight digits and a unit; what is longer than a clock can say is no deadline.
    private static func timeoutFault(_ bytes: [UInt8]) -> String? {
        var fields = HTTP2.RequestFields()
        fields.begin(.head)
        let name = Array("grpc-timeout".utf8)
        fields.visit(.grpcTimeout, name: name.span, value: bytes.span, isSensitive: false)
        // Nothing is made of a value that no field may have (RFC 9110 §5.5).
        guard let found = fields.grpcTimeout else { return nil }
        let digits = bytes.dropLast()
        let units: [Character: Int128] = [
            "H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000, "m": 1_000_000,
            "u": 1_000, "n": 1,
        ]
        var expected = GRPCTimeout.malformed
        if (1...8).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int128(String(decoding: digits, as: UTF8.self)), let last = bytes.last,
            let unit = units[Character(Unicode.Scalar(last))]
        {
            expected = .within(
                Int64(exactly: count * unit).map { Nanoseconds(raw: $0) } ?? .forever)
        }
        return found == expected ? nil : "the deadline is \(found), not \(expected)"
    }

    /// A method has one path.
    private static func pathFault(_ bytes: [UInt8]) -> String? {
        let found = GRPC.Method(path: bytes.span)
        let expected = GRPC.Method.allCases.first { Array("\($0.path)".utf8) == bytes }
        func name(_ method: GRPC.Method?) -> String { method.map { "\($0)" } ?? "none" }
        return found == expected
            ? nil : "the method is \(name(found)), not \(name(expected))"
    }

    private static func result<Value>(
        _ read: () throws(GRPC.Fault) -> Value
    ) -> Result<Value, GRPC.Fault> {
        do throws(GRPC.Fault) {
            return .success(try read())
        } catch {
            return .failure(error)
        }
    }
}
