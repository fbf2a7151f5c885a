extension HTTP {
    /// The field names that decide about a message in HTTP/2 and later. A table of compressed
    /// fields keeps them with its entries, so that a name is looked at once and not in each
    /// message.
    package enum FieldName: UInt8, BitwiseCopyable, Sendable {
        /// A name that is none of these, or no name at all.
        case other
        // Pseudo-fields: RFC 9113 §8.3.1 and §8.3.2, RFC 8441 §4.
        case method, scheme, path, authority, `protocol`, status
        case host, contentLength, contentType, expect, te, location, idempotencyKey, lastEventID
        // What belongs to a connection and has no place here, RFC 9113 §8.2.2.
        case connection, keepAlive, proxyConnection, transferEncoding, upgrade
        case grpcTimeout, grpcEncoding, grpcStatus, grpcMessage

        /// The name that `text` is, in lower case as the versions with this type want it.
        package init(_ text: Span<UInt8>) {
            self = .other
            guard let (name, known) = Self.candidate(text), text.count == name.utf8CodeUnitCount,
                text.has(name, at: 0)
            else { return }
            self = known
        }

        /// The one name that has this length and this last byte.
        private static func candidate(_ text: Span<UInt8>) -> (StaticString, FieldName)? {
            guard text.count > 1 else { return nil }
            let last = text[text.count &- 1]
            switch text.count {
            case 2: return ("te", .te)
            case 4: return ("host", .host)
            case 5: return (":path", .path)
            case 6: return ("expect", .expect)
            case 7:
                switch last {
                case 0x64: return (":method", .method)
                case 0x65:
                    return text[0] == .colon ? (":scheme", .scheme) : ("upgrade", .upgrade)
                default: return (":status", .status)
                }
            case 8: return ("location", .location)
            case 9: return (":protocol", .protocol)
            case 10:
                switch last {
                case 0x79: return (":authority", .authority)
                case 0x65: return ("keep-alive", .keepAlive)
                default: return ("connection", .connection)
                }
            case 11: return ("grpc-status", .grpcStatus)
            case 12:
                switch last {
                case 0x65:
                    return text[0] == 0x67
                        ? ("grpc-message", .grpcMessage) : ("content-type", .contentType)
                default: return ("grpc-timeout", .grpcTimeout)
                }
            case 13:
                return last == 0x67
                    ? ("grpc-encoding", .grpcEncoding) : ("last-event-id", .lastEventID)
            case 14: return ("content-length", .contentLength)
            case 15: return ("idempotency-key", .idempotencyKey)
            case 16: return ("proxy-connection", .proxyConnection)
            case 17: return ("transfer-encoding", .transferEncoding)
            default: return nil
            }
        }

        /// Whether it begins with a colon, RFC 9113 §8.3.
        @inline(always)
        package var isPseudo: Bool {
            rawValue >= Self.method.rawValue && rawValue <= Self.status.rawValue
        }

        /// Whether it speaks of one HTTP/1 connection, RFC 9113 §8.2.2.
        @inline(always)
        package var isOfConnection: Bool {
            rawValue >= Self.connection.rawValue && rawValue <= Self.upgrade.rawValue
        }
    }
}
