import Basis

extension HTTP2 {
    /// The field section of a response, checked as RFC 9113 §8.1 to §8.3 want it, and what of it a
    /// client counts.
    ///
    /// One serves any number of responses, one after the other: it keeps its memory. What it holds
    /// of one is there until the next `begin`.
    package struct ResponseFields: ~Copyable, FieldVisitor {
        /// What a section turned out to be.
        package enum Kind: BitwiseCopyable, Equatable, Sendable {
            /// 1xx: any number of them, before the final head.
            case interim
            case final
            case trailers
        }

        /// Of a head; trailers have none.
        package private(set) var status = HTTP.Status(0)
        /// As announced; a number beyond 64 bits is the largest there is. For HEAD and 304 it is
        /// not the payload's (RFC 9110 §8.6).
        package private(set) var contentLength: UInt64?
        /// `content-type: application/grpc`, with or without a format.
        package private(set) var isGRPC = false
        /// Of trailers, or of the only head of a reply without payload; nil where there is none,
        /// or no number.
        package private(set) var grpcStatus: UInt32?

        private var rules = FieldRules(.head)
        private var text = ByteQueue()
        private var locationRun = Run()
        private var messageRun = Run()

        package init() {}

        /// Forgets the last response.
        package mutating func begin(_ section: Section) {
            status = HTTP.Status(0)
            contentLength = nil
            isGRPC = false
            grpcStatus = nil
            rules = FieldRules(section)
            text.removeAll()
            locationRun = Run()
            messageRun = Run()
        }

        /// Where a redirection leads.
        package var location: Span<UInt8> {
            @_lifetime(borrow self)
            get { locationRun.bytes(of: text.bytes) }
        }
        /// As sent: percent-encoded UTF-8.
        package var grpcMessage: Span<UInt8> {
            @_lifetime(borrow self)
            get { messageRun.bytes(of: text.bytes) }
        }

        package mutating func visit(
            _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
        ) {
            guard rules.admits(known, name: name, value: value) else { return }
            switch known {
            case .status: noteStatus(value)
            case .method, .scheme, .path, .authority, .protocol:
                rules.fail("a request's pseudo-field in a response")
            case .contentLength where rules.section == .head:
                rules.noteLength(value, in: &contentLength)
            case .contentType where rules.section == .head: isGRPC = value.isGRPCType
            case .location where rules.section == .head: locationRun = keep(value)
            case .grpcStatus:
                grpcStatus = value.decimalNumber().flatMap { UInt32(exactly: $0) }
            case .grpcMessage: messageRun = keep(value)
            default: break
            }
        }

        /// What only the whole section shows.
        /// - Parameter endStream: whether the section ends its stream.
        package mutating func conclude(stream: UInt32, endStream: Bool) throws(Failure) -> Kind {
            let kind = kind(endStream: endStream)
            if let fault = rules.fault { throw Failure(.protocol, .stream(stream), fault) }
            return kind
        }

        private mutating func kind(endStream: Bool) -> Kind {
            if rules.section == .trailers {
                // §8.1: there is nothing behind trailers.
                if !endStream { rules.fail("trailers that do not end their stream") }
                return .trailers
            }
            if !rules.has(.status) { rules.fail("a response without :status") }
            if status.code >= 200 { return .final }
            // §8.6.
            if status == .switchingProtocols { rules.fail("status 101") }
            // §8.1.
            if endStream { rules.fail("an interim response that ends its stream") }
            return .interim
        }

        /// §8.3.2; RFC 9110 §15: three digits.
        @inline(always)
        private mutating func noteStatus(_ value: Span<UInt8>) {
            guard value.count == 3, let code = value.decimalNumber(), code >= 100 else {
                rules.fail(":status is not three digits")
                return
            }
            status = HTTP.Status(UInt16(code))
        }

        private mutating func keep(_ value: Span<UInt8>) -> Run {
            let start = text.count
            text.append(value)
            return Run(start, text.count)
        }
    }
}
