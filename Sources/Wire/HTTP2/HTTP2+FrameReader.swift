extension HTTP2 {
    /// What the next bytes of a connection are. Offsets count from the first byte of the parsed
    /// span.
    package enum FrameEvent: BitwiseCopyable, Equatable, Sendable {
        /// Nothing whole yet. Keep everything from the offset of this call on, and call again with
        /// those bytes and more.
        case needMore
        /// The client preface, RFC 9113 §3.4.
        case preface(next: Int)
        case frame(Frame, next: Int)
        /// A frame that ends its stream; reading goes on.
        /// - Parameter flowBytes: what it takes from the connection's window all the same.
        case streamFault(Failure, flowBytes: UInt32, next: Int)
        /// Bytes of a frame that ended its stream, to be passed over.
        case skipped(next: Int)
        /// The connection is over.
        case failure(Failure)
    }

    /// Reads frames out of the contiguous bytes of one connection and checks their form, RFC 9113
    /// §4 and §6: all that can be known without the state of streams.
    ///
    /// Every call is given all bytes not consumed so far. What it says is a function of the bytes
    /// alone, not of how they were cut. The span must be able to hold a frame of `maxFrameSize`
    /// with its header.
    package struct FrameReader: BitwiseCopyable, Sendable {
        private enum Stage: BitwiseCopyable {
            case preface, settings, open
            /// In a field block: only its CONTINUATION frames may come (RFC 9113 §6.10).
            case block(stream: UInt32, continuations: UInt8, bytes: UInt32)
            /// In a frame too large to be taken.
            case skipping(UInt32)
            case failed(Failure)
        }

        private let role: Role
        /// The largest payload we let the peer send: what it has acknowledged, or the 16,384 it
        /// starts with.
        package var maxFrameSize = Limit.frameBytes
        private var stage: Stage

        /// - Parameter role: the end that reads.
        package init(role: Role) {
            self.role = role
            stage = role == .server ? .preface : .settings
        }

        /// Whether a field block has begun and is not over: a peer that is silent now holds up the
        /// whole connection.
        package var isInBlock: Bool { if case .block = stage { true } else { false } }

        /// The next event of `input[offset...]`.
        ///
        /// Hot: once a frame.
        package mutating func next(_ input: Span<UInt8>, from offset: Int) -> FrameEvent {
            switch stage {
            case .settings, .open, .block: break
            case .preface: return preface(input, from: offset)
            case .skipping(let left): return skip(input, from: offset, left: left)
            case .failed(let failure): return .failure(failure)
            }
            guard input.count &- offset >= FrameHeader.size else { return .needMore }
            let header = FrameHeader(input, at: offset)
            let start = offset &+ FrameHeader.size
            do throws(Failure) {
                try checkOrder(header)
                try checkSize(header)
                let end = start &+ Int(header.length)
                guard input.count >= end else { return .needMore }
                let frame = try frame(header, input, start, end)
                advance(behind: header, frame)
                return .frame(frame, next: end)
            } catch {
                return conclude(error, header, start, input.count)
            }
        }

        /// The 24 bytes of RFC 9113 §3.4, refused at the first that differs.
        private mutating func preface(_ input: Span<UInt8>, from offset: Int) -> FrameEvent {
            let expected = clientPreface.span
            let count = min(input.count &- offset, expected.count)
            for index in 0..<count where input[offset &+ index] != expected[index] {
                return fail(.connection(.protocol, "no HTTP/2 connection preface"))
            }
            guard count == expected.count else { return .needMore }
            stage = .settings
            return .preface(next: offset &+ count)
        }

        private mutating func skip(
            _ input: Span<UInt8>, from offset: Int, left: UInt32
        ) -> FrameEvent {
            let count = min(input.count &- offset, Int(left))
            if count == 0 { return .needMore }
            let rest = left &- UInt32(truncatingIfNeeded: count)
            stage = rest == 0 ? .open : .skipping(rest)
            return .skipped(next: offset &+ count)
        }

        /// Whether a frame of this kind may come now; needs no more than its header.
        @inline(always)
        private func checkOrder(_ header: FrameHeader) throws(Failure) {
            switch stage {
            case .open:
                if header.type == .continuation {
                    throw .connection(.protocol, "CONTINUATION outside a field block")
                }
            case .block(let stream, let continuations, let bytes):
                try checkContinuation(header, stream, continuations, bytes)
            default:
                // RFC 9113 §3.4: the first frame of both ends, and no acknowledgment.
                guard header.type == .settings, !header.flags.contains(.ack) else {
                    throw .connection(.protocol, "the first frame is not SETTINGS")
                }
            }
        }

        /// RFC 9113 §6.10, and our bounds.
        @inline(never)
        private func checkContinuation(
            _ header: FrameHeader, _ stream: UInt32, _ continuations: UInt8, _ bytes: UInt32
        ) throws(Failure) {
            guard header.type == .continuation, header.stream == stream else {
                throw .connection(.protocol, "another frame inside a field block")
            }
            guard Int(continuations) < Limit.continuations else {
                throw .connection(.enhanceYourCalm, "too many CONTINUATION frames")
            }
            guard Int(bytes) &+ Int(header.length) <= Limit.blockBytes else {
                throw .connection(.enhanceYourCalm, "a field block beyond 64 KiB")
            }
        }

        /// RFC 9113 §4.2: too large is FRAME_SIZE_ERROR, for the connection where the frame could
        /// change its state.
        @inline(always)
        private func checkSize(_ header: FrameHeader) throws(Failure) {
            if header.length > maxFrameSize { throw Self.oversized(header) }
        }

        @inline(never)
        private static func oversized(_ header: FrameHeader) -> Failure {
            switch header.type {
            case .headers, .continuation, .pushPromise, .settings, .resetStream, .ping, .goAway,
                .windowUpdate:
                .connection(.frameSize, "a frame beyond SETTINGS_MAX_FRAME_SIZE")
            default:
                Failure(
                    .frameSize, Scope(header.stream), "a frame beyond SETTINGS_MAX_FRAME_SIZE")
            }
        }

        @inline(always)
        private mutating func advance(behind header: FrameHeader, _ frame: Frame) {
            switch frame {
            case .headers(let stream, _, _, false):
                stage = .block(stream: stream, continuations: 0, bytes: header.length)
            case .continuation(let stream, _, let endHeaders):
                if case .block(_, let continuations, let bytes) = stage, !endHeaders {
                    stage = .block(
                        stream: stream, continuations: continuations &+ 1,
                        bytes: bytes &+ header.length)
                } else {
                    stage = .open
                }
            default:
                stage = .open
            }
        }

        /// Passes over a frame that ends its stream, or ends the connection.
        @inline(never)
        private mutating func conclude(
            _ failure: Failure, _ header: FrameHeader, _ start: Int, _ count: Int
        ) -> FrameEvent {
            guard case .stream = failure.scope else { return fail(failure) }
            let skipped = min(Int(header.length), count &- start)
            let left = header.length &- UInt32(truncatingIfNeeded: skipped)
            stage = left == 0 ? .open : .skipping(left)
            return .streamFault(
                failure, flowBytes: header.type == .data ? header.length : 0,
                next: start &+ skipped)
        }

        private mutating func fail(_ failure: Failure) -> FrameEvent {
            stage = .failed(failure)
            return .failure(failure)
        }

        @inline(always)
        private func frame(
            _ header: FrameHeader, _ input: Span<UInt8>, _ start: Int, _ end: Int
        ) throws(Failure) -> Frame {
            switch header.type {
            case .data: try .data(header, input, start, end)
            case .headers: try .headers(header, input, start, end)
            case .windowUpdate: try .windowUpdate(header, input, start)
            default: try .uncommon(header, input, start, end, reader: role)
            }
        }
    }
}
