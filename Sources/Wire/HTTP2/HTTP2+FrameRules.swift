// What each type of frame must look like, RFC 9113 §6.

extension HTTP2.Frame {
    /// DATA, RFC 9113 §6.1.
    @inline(always)
    static func data(
        _ header: HTTP2.FrameHeader, _ input: Span<UInt8>, _ start: Int, _ end: Int
    ) throws(HTTP2.Failure) -> HTTP2.Frame {
        if header.stream == 0 { throw .connection(.protocol, "DATA on stream 0") }
        var (lower, upper) = (start, end)
        if header.flags.contains(.padded) {
            try dropPadding(input, &lower, &upper)
        }
        return .data(
            stream: header.stream, HTTP2.Run(lower, upper), flowBytes: header.length,
            endStream: header.flags.contains(.endStream))
    }

    /// HEADERS, RFC 9113 §6.2.
    @inline(always)
    static func headers(
        _ header: HTTP2.FrameHeader, _ input: Span<UInt8>, _ start: Int, _ end: Int
    ) throws(HTTP2.Failure) -> HTTP2.Frame {
        if header.stream == 0 { throw .connection(.protocol, "HEADERS on stream 0") }
        var (lower, upper) = (start, end)
        if header.flags.contains(.padded) {
            try dropPadding(input, &lower, &upper)
        }
        if header.flags.contains(.priority) {
            // §4.2: too short for what it must hold. A stream that depends on itself was an error
            // in RFC 7540 and is not in RFC 9113 §5.3.2.
            guard upper &- lower >= 5 else {
                throw .connection(.frameSize, "HEADERS without room for its priority")
            }
            lower &+= 5
        }
        return .headers(
            stream: header.stream, HTTP2.Run(lower, upper),
            endStream: header.flags.contains(.endStream),
            endHeaders: header.flags.contains(.endHeaders))
    }

    /// §6.1, §6.2: padding must leave room for its own length at least.
    @inline(never)
    private static func dropPadding(
        _ input: Span<UInt8>, _ lower: inout Int, _ upper: inout Int
    ) throws(HTTP2.Failure) {
        // §4.2.
        guard lower < upper else { throw .connection(.frameSize, "no length of padding") }
        let padding = Int(input[lower])
        lower &+= 1
        guard padding <= upper &- lower else {
            throw .connection(.protocol, "padding as long as the payload or longer")
        }
        upper &-= padding
    }

    /// WINDOW_UPDATE, RFC 9113 §6.9.
    @inline(always)
    static func windowUpdate(
        _ header: HTTP2.FrameHeader, _ input: Span<UInt8>, _ start: Int
    ) throws(HTTP2.Failure) -> HTTP2.Frame {
        if header.length != 4 { throw .connection(.frameSize, "WINDOW_UPDATE is not 4 bytes") }
        let increment = input.bigEndian(UInt32.self, at: start) & HTTP2.Limit.windowMax
        if increment == 0 {
            throw HTTP2.Failure(
                .protocol, HTTP2.Scope(header.stream), "WINDOW_UPDATE with an increment of 0")
        }
        return .windowUpdate(stream: header.stream, increment: increment)
    }

    /// The types that are no part of most requests.
    @inline(never)
    static func uncommon(
        _ header: HTTP2.FrameHeader, _ input: Span<UInt8>, _ start: Int, _ end: Int,
        reader: HTTP2.Role
    ) throws(HTTP2.Failure) -> HTTP2.Frame {
        switch header.type {
        case .continuation:
            // §6.10. That it is due and of the right stream was checked; stream 0 never is.
            return .continuation(
                stream: header.stream, HTTP2.Run(start, end),
                endHeaders: header.flags.contains(.endHeaders))
        case .priority:
            // §6.3.
            if header.stream == 0 { throw .connection(.protocol, "PRIORITY on stream 0") }
            if header.length != 5 {
                throw HTTP2.Failure(
                    .frameSize, .stream(header.stream), "PRIORITY is not 5 bytes")
            }
            return .ignored
        case .resetStream:
            // §6.4.
            if header.stream == 0 { throw .connection(.protocol, "RST_STREAM on stream 0") }
            if header.length != 4 { throw .connection(.frameSize, "RST_STREAM is not 4 bytes") }
            return .resetStream(
                stream: header.stream,
                HTTP2.ErrorCode(rawValue: input.bigEndian(UInt32.self, at: start)))
        case .settings:
            return try settings(header, input, start, end, reader: reader)
        case .pushPromise:
            // §8.4: a server never gets one; a client of ours always disables push (§6.5.2).
            throw .connection(.protocol, "PUSH_PROMISE where push is disabled")
        case .ping:
            // §6.7.
            if header.stream != 0 { throw .connection(.protocol, "PING on a stream") }
            if header.length != 8 { throw .connection(.frameSize, "PING is not 8 bytes") }
            let opaque = input.bigEndian(UInt64.self, at: start)
            return header.flags.contains(.ack) ? .pingAck(opaque) : .ping(opaque)
        case .goAway:
            // §6.8.
            if header.stream != 0 { throw .connection(.protocol, "GOAWAY on a stream") }
            if header.length < 8 { throw .connection(.frameSize, "GOAWAY below 8 bytes") }
            return .goAway(
                lastStream: input.bigEndian(UInt32.self, at: start) & HTTP2.Limit.streamID,
                HTTP2.ErrorCode(rawValue: input.bigEndian(UInt32.self, at: start &+ 4)),
                debug: HTTP2.Run(start &+ 8, end))
        default:
            // §4.1, §5.5.
            return .ignored
        }
    }

    /// SETTINGS, RFC 9113 §6.5.
    private static func settings(
        _ header: HTTP2.FrameHeader, _ input: Span<UInt8>, _ start: Int, _ end: Int,
        reader: HTTP2.Role
    ) throws(HTTP2.Failure) -> HTTP2.Frame {
        if header.stream != 0 { throw .connection(.protocol, "SETTINGS on a stream") }
        if header.flags.contains(.ack) {
            if header.length != 0 {
                throw .connection(.frameSize, "an acknowledgment of SETTINGS with a payload")
            }
            return .settingsAck
        }
        let (count, rest) = (end &- start).quotientAndRemainder(dividingBy: HTTP2.Setting.size)
        if rest != 0 { throw .connection(.frameSize, "SETTINGS is not a multiple of 6 bytes") }
        if count > HTTP2.Limit.settings {
            throw .connection(.enhanceYourCalm, "too many parameters in SETTINGS")
        }
        for index in 0..<count {
            let setting = HTTP2.Setting(input, at: start &+ index &* HTTP2.Setting.size)
            try setting.check(from: reader == .server ? .client : .server)
        }
        return .settings(HTTP2.Run(start, end))
    }
}
