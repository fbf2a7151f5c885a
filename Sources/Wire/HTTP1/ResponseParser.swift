extension HTTP1 {
    /// One finished response, reduced to what a load generator counts.
    package struct Response: BitwiseCopyable, Equatable, Sendable {
        package var status = HTTP.Status(0)
        /// Whether the connection may carry another request.
        package var keepAlive = false
        private var head: UInt32 = 0
        /// Bytes of payload without their framing.
        package var bodyBytes: UInt64 = 0

        /// Bytes of the final head, status line to empty line; interim responses not counted.
        @inline(always)
        package var headBytes: Int { Int(head) }

        package init() {}

        @inline(always)
        package init(status: HTTP.Status, keepAlive: Bool, headBytes: Int, bodyBytes: UInt64) {
            self.status = status
            self.keepAlive = keepAlive
            head = UInt32(truncatingIfNeeded: headBytes)
            self.bodyBytes = bodyBytes
        }
    }

    /// What has come of the response a connection waits for.
    package enum ResponseEvent: BitwiseCopyable, Equatable, Sendable {
        /// Not finished. Everything before `keepFrom` is done with and may be dropped; the next
        /// call gets the bytes from there on, and more.
        case needMore(keepFrom: Int)
        /// Finished; the next response begins at `next`.
        case complete(Response, next: Int)
        case failure(ResponseFailure)
    }

    /// A smaller step than `ResponseEvent`, for clients that look at payload (event streams,
    /// WebSocket).
    package enum ResponsePiece: BitwiseCopyable, Equatable, Sendable {
        /// Keep everything from the offset of this call on.
        case needMore
        /// A head before the final one, RFC 9110 §15.2; go on at `end`.
        case interim(HTTP.Status, end: Int)
        /// A final head; its payload, or the next response, begins at `end`.
        case head(ResponseHead, end: Int)
        /// A piece of payload, never empty; go on at `end`.
        case body(start: Int, end: Int)
        /// The response is over; the next one begins at `next`.
        case end(Response, next: Int)
        case failure(ResponseFailure)
    }

    /// What the peer's close means.
    package enum CloseVerdict: BitwiseCopyable, Equatable, Sendable {
        /// No response had begun.
        case idle
        /// The close was the end of the payload, RFC 9112 §6.3 item 8.
        case complete(Response)
        case truncated
    }

    /// The client's side of one connection: reads the responses to a run of like requests.
    ///
    /// Payload need not be kept: of a body only what is left to skip is remembered.
    package struct ResponseParser: BitwiseCopyable, Sendable {
        private enum State: BitwiseCopyable {
            case head(ResponseHeadReader)
            case length(UInt64)
            case chunked(ChunkDecoder)
            case untilClose
        }

        private var state = State.head(ResponseHeadReader())
        private var response = Response()
        /// Where in the input of the last call the line is that made it a failure.
        package private(set) var faultAt: UInt32 = 0
        private var interimResponses: UInt16 = 0
        /// Whether the requests are HEAD, whose responses never have a payload.
        package let answersHead: Bool

        package init(answersHead: Bool = false) {
            self.answersHead = answersHead
        }

        /// Whether part of a response has come.
        package var isMidMessage: Bool {
            switch state {
            case .head(let reader): reader.hasBegun || interimResponses > 0
            case .length, .chunked, .untilClose: true
            }
        }

        /// What is missing of the response, in a clause, where the peer closed too early.
        package var missing: String {
            switch state {
            case .head(let reader) where reader.hasBegun: "in the head of an answer"
            case .head where interimResponses > 0: "between an interim and the final answer"
            case .head: "before an answer"
            case .length(let count): "with \(count) bytes of the body missing"
            case .chunked: "before the last chunk of the body"
            case .untilClose: "at the end of the body"
            }
        }

        /// Goes as far as `input[offset...]` allows, at most to the end of one response.
        package mutating func next(_ input: Span<UInt8>, from offset: Int) -> ResponseEvent {
            var at = offset
            while true {
                switch nextPiece(input, from: at) {
                case .needMore: return .needMore(keepFrom: at)
                case .interim(_, let end), .head(_, let end), .body(_, let end): at = end
                case .end(let response, let next): return .complete(response, next: next)
                case .failure(let failure): return .failure(failure)
                }
            }
        }

        /// As `next(_:from:)`, but takes a head that equals the last one from `predictor` unparsed.
        /// The answer is the same.
        ///
        /// Hot: once a response.
        @inline(always)
        package mutating func next(
            _ input: Span<UInt8>, from offset: Int, predictor: inout ResponsePredictor
        ) -> ResponseEvent {
            if case .head(let reader) = state, !reader.hasBegun, interimResponses == 0,
                let predicted = predictor.match(input, at: offset, answersHead: answersHead)
            {
                let body = offset &+ predicted.headBytes
                let missing = predicted.bodyBytes
                if UInt64(input.count &- body) >= missing {
                    return .complete(predicted, next: body &+ Int(missing))
                }
            }
            return learn(input, from: offset, predictor: &predictor)
        }

        @inline(never)
        private mutating func learn(
            _ input: Span<UInt8>, from offset: Int, predictor: inout ResponsePredictor
        ) -> ResponseEvent {
            let isHead = if case .head = state { true } else { false }
            let isWholeHead = isHead && interimResponses == 0
            let event = next(input, from: offset)
            if isHead, response.status.isRedirect, predictor.wantsLocation {
                noteLocation(input, from: offset, predictor: &predictor)
            }
            if isWholeHead, case .complete(let response, let next) = event,
                UInt64(next &- offset &- response.headBytes) == response.bodyBytes
            {
                predictor.remember(
                    input, at: offset, response: response, answersHead: answersHead)
            }
            return event
        }

        /// Reads the head at `offset` once more, for where it redirects to.
        private func noteLocation(
            _ input: Span<UInt8>, from offset: Int, predictor: inout ResponsePredictor
        ) {
            var parser = ResponseParser(answersHead: answersHead)
            var at = offset
            while case .interim(_, let end) = parser.nextPiece(input, from: at) { at = end }
            parser = ResponseParser(answersHead: answersHead)
            if case .head(let head, _) = parser.nextPiece(input, from: at) {
                predictor.noteLocation(head.location.bytes(of: input))
            }
        }

        /// The next step of the response at `input[offset...]`.
        package mutating func nextPiece(
            _ input: Span<UInt8>, from offset: Int
        ) -> ResponsePiece {
            switch state {
            case .head(let reader):
                return head(input, from: offset, reader: reader)
            case .length(let remaining):
                if remaining == 0 { return finish(next: offset) }
                let taken = min(UInt64(input.count &- offset), remaining)
                state = .length(remaining &- taken)
                return body(from: offset, count: Int(taken))
            case .chunked(let decoder):
                return chunk(input, from: offset, decoder: decoder)
            case .untilClose:
                return body(from: offset, count: input.count &- offset)
            }
        }

        /// The peer closed; every byte before that was given to `next`.
        package mutating func close() -> CloseVerdict {
            if case .untilClose = state, case .end(let response, _) = finish(next: 0) {
                return .complete(response)
            }
            return isMidMessage ? .truncated : .idle
        }

        private mutating func head(
            _ input: Span<UInt8>, from offset: Int, reader: ResponseHeadReader
        ) -> ResponsePiece {
            var reader = reader
            var head = ResponseHead()
            var facts = FieldFacts()
            var start = offset
            if start < input.count, input[start].isWhite {
                guard let line = input.startLine(behindEmptyLinesAt: start) else {
                    return fail(.tooManyEmptyLines, at: start)
                }
                start = line
                // The carriage return of what may become an empty line.
                if start &+ 1 == input.count, input[start] == .carriageReturn { return .needMore }
            }
            switch reader.read(input, from: start, into: &head, facts: &facts) {
            case .unfinished:
                state = .head(reader)
                return .needMore
            case .refused(let refusal, let line):
                return fail(refusal, at: line)
            case .whole(let end):
                // RFC 9110 §15.2: any number of interim responses may come first; 101 is final.
                if head.status.code < 200, head.status != .switchingProtocols {
                    if interimResponses == Limit.interimResponses {
                        faultAt = UInt32(truncatingIfNeeded: start)
                        return .failure(.tooManyInterimResponses)
                    }
                    interimResponses &+= 1
                    state = .head(ResponseHeadReader())
                    return .interim(head.status, end: end)
                }
                do throws(Refusal) {
                    try head.conclude(facts, answersHead: answersHead)
                } catch {
                    return fail(error, at: start)
                }
                begin(head, headBytes: end &- start)
                return .head(head, end: end)
            }
        }

        @inline(never)
        private mutating func fail(_ refusal: Refusal, at line: Int) -> ResponsePiece {
            faultAt = UInt32(truncatingIfNeeded: line)
            return .failure(.malformed(refusal))
        }

        @inline(always)
        private mutating func begin(_ head: ResponseHead, headBytes: Int) {
            response = Response(
                status: head.status, keepAlive: head.keepAlive, headBytes: headBytes, bodyBytes: 0)
            switch head.framing {
            case .none: state = .length(0)
            case .length(let length): state = .length(length)
            case .chunked: state = .chunked(ChunkDecoder())
            case .untilClose: state = .untilClose
            }
        }

        @inline(always)
        private mutating func body(from offset: Int, count: Int) -> ResponsePiece {
            if count == 0 { return .needMore }
            response.bodyBytes &+= UInt64(count)
            return .body(start: offset, end: offset &+ count)
        }

        private mutating func chunk(
            _ input: Span<UInt8>, from offset: Int, decoder: ChunkDecoder
        ) -> ResponsePiece {
            var decoder = decoder
            do throws(Refusal) {
                let event = try decoder.next(
                    input, from: offset, bodyLimit: .max, isTolerant: true)
                state = .chunked(decoder)
                switch event {
                case .needMore:
                    return .needMore
                case .data(let start, let end):
                    response.bodyBytes &+= UInt64(end &- start)
                    return .body(start: start, end: end)
                case .end(let next):
                    return finish(next: next)
                }
            } catch {
                return fail(error, at: offset)
            }
        }

        @inline(always)
        private mutating func finish(next: Int) -> ResponsePiece {
            state = .head(ResponseHeadReader())
            interimResponses = 0
            return .end(response, next: next)
        }
    }
}
