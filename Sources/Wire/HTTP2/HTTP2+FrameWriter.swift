package import Basis

extension HTTP2 {
    /// Appends frames to what is to be sent, RFC 9113 §6.
    package enum FrameWriter {
        /// Appends what every frame begins with.
        @inline(always)
        package static func header(
            length: Int, _ type: FrameType, _ flags: FrameFlags, stream: UInt32,
            to output: inout ByteQueue
        ) {
            precondition(length >= 0 && length <= Int(Limit.frameBytesMax))
            precondition(stream <= Limit.streamID)
            let word =
                UInt64(length) &<< 40 | UInt64(type.rawValue) &<< 32
                | UInt64(flags.rawValue) &<< 24 | UInt64(stream &>> 8)
            output.append(bigEndian: word)
            output.append(UInt8(truncatingIfNeeded: stream))
        }

        /// What a client sends before anything else, RFC 9113 §3.4: SETTINGS must follow.
        package static func clientPreface(to output: inout ByteQueue) {
            output.append(HTTP2.clientPreface)
        }

        /// SETTINGS. Parameters whose value is the one both ends begin with need not be sent.
        package static func settings(_ settings: Span<Setting>, to output: inout ByteQueue) {
            precondition(settings.count <= Limit.settings, "more than a peer like us takes")
            header(
                length: settings.count * Setting.size, .settings, .none, stream: 0, to: &output)
            for index in settings.indices {
                output.append(bigEndian: settings[index].id.rawValue)
                output.append(bigEndian: settings[index].value)
            }
        }

        package static func settingsAck(to output: inout ByteQueue) {
            header(length: 0, .settings, .ack, stream: 0, to: &output)
        }

        package static func ping(_ opaque: UInt64, isAck: Bool, to output: inout ByteQueue) {
            header(length: 8, .ping, isAck ? .ack : .none, stream: 0, to: &output)
            output.append(bigEndian: opaque)
        }

        /// - Parameters:
        ///   - lastStream: the last stream that was or may be acted on; it never rises (§6.8).
        ///   - debug: for people, without secrets.
        package static func goAway(
            lastStream: UInt32, _ code: ErrorCode, debug: StaticString = "",
            to output: inout ByteQueue
        ) {
            header(
                length: 8 + debug.utf8CodeUnitCount, .goAway, .none, stream: 0, to: &output)
            output.append(bigEndian: lastStream & Limit.streamID)
            output.append(bigEndian: code.rawValue)
            output.append(debug)
        }

        package static func resetStream(
            _ stream: UInt32, _ code: ErrorCode, to output: inout ByteQueue
        ) {
            header(length: 4, .resetStream, .none, stream: stream, to: &output)
            output.append(bigEndian: code.rawValue)
        }

        /// - Parameter stream: zero for the connection.
        package static func windowUpdate(
            stream: UInt32, increment: UInt32, to output: inout ByteQueue
        ) {
            precondition(increment > 0 && increment <= Limit.windowMax, "no increment at all")
            header(length: 4, .windowUpdate, .none, stream: stream, to: &output)
            output.append(bigEndian: increment)
        }

        /// DATA without padding.
        ///
        /// Hot: once a reply.
        /// - Parameter payload: within the peer's SETTINGS_MAX_FRAME_SIZE and both windows.
        @inline(always)
        package static func data(
            stream: UInt32, _ payload: Span<UInt8>, endStream: Bool, to output: inout ByteQueue
        ) {
            header(
                length: payload.count, .data, endStream ? .endStream : .none, stream: stream,
                to: &output)
            output.append(payload)
        }

        /// HEADERS, and CONTINUATION behind it where the peer takes no frame as large.
        /// - Parameter frameBytes: the peer's SETTINGS_MAX_FRAME_SIZE.
        @inline(always)
        package static func headers(
            stream: UInt32, block: Span<UInt8>, endStream: Bool,
            frameBytes: UInt32 = Limit.frameBytes, to output: inout ByteQueue
        ) {
            let start = beginHeaders(to: &output)
            output.append(block)
            endHeaders(
                from: start, stream: stream, endStream: endStream, frameBytes: frameBytes,
                in: &output)
        }

        /// Leaves room for a HEADERS frame's beginning, so that an encoder can append the field
        /// block where it will be sent from.
        /// - Returns: where the frame starts, for `endHeaders`. Nothing may be consumed until then.
        @inline(always)
        package static func beginHeaders(to output: inout ByteQueue) -> Int {
            let start = output.count
            output.append(bigEndian: 0 as UInt64)
            output.append(0)
            return start
        }

        /// Ends the HEADERS frame that `beginHeaders` began: the field block is all that was
        /// appended since.
        ///
        /// Hot: once a reply.
        /// - Parameter frameBytes: the peer's SETTINGS_MAX_FRAME_SIZE.
        @inline(always)
        package static func endHeaders(
            from start: Int, stream: UInt32, endStream: Bool,
            frameBytes: UInt32 = Limit.frameBytes, in output: inout ByteQueue
        ) {
            let length = output.count &- start &- FrameHeader.size
            if length > Int(frameBytes) {
                split(
                    from: start, stream: stream, endStream: endStream, Int(frameBytes),
                    in: &output)
                return
            }
            let flags = endStream ? FrameFlags.endHeaders.union(.endStream) : .endHeaders
            // The nine bytes as two words that share one: length, type, flags, stream.
            output.overwrite(
                bigEndian: UInt64(length) &<< 40 | UInt64(FrameType.headers.rawValue) &<< 32
                    | UInt64(flags.rawValue) &<< 24 | UInt64(stream &>> 8), at: start)
            output.overwrite(bigEndian: stream, at: start &+ 5)
        }

        /// Frames a block that needs more than one, RFC 9113 §6.10: nothing comes between them.
        @inline(never)
        private static func split(
            from start: Int, stream: UInt32, endStream: Bool, _ frameBytes: Int,
            in output: inout ByteQueue
        ) {
            precondition(frameBytes >= Int(Limit.frameBytes), "less than every peer takes")
            var block = ByteQueue()
            block.append(output.bytes.extracting(droppingFirst: start &+ FrameHeader.size))
            output.removeLast(output.count &- start)
            var type = FrameType.headers
            var flags = endStream ? FrameFlags.endStream : .none
            while !block.isEmpty {
                let length = min(block.count, frameBytes)
                if length == block.count { flags = flags.union(.endHeaders) }
                header(length: length, type, flags, stream: stream, to: &output)
                output.append(block.bytes.extracting(first: length))
                block.consume(length)
                type = .continuation
                flags = .none
            }
        }
    }
}
