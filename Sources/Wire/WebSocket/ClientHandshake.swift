package import Basis

extension WebSocket {
    /// Why an answer opens no WebSocket, RFC 6455 §4.1.
    package enum HandshakeFault: UInt8, BitwiseCopyable, CaseIterable, Sendable {
        case otherStatus, oldVersion, malformedField, noUpgrade, noConnection, badAcceptance
        case unaskedExtension, unaskedSubprotocol

        /// What is wrong, in a clause.
        package var reason: StaticString {
            switch self {
            case .otherStatus: "the status is not 101"
            case .oldVersion: "the answer is one of HTTP/1.0"
            case .malformedField: "a field line is malformed"
            case .noUpgrade: "Upgrade does not say websocket"
            case .noConnection: "Connection does not say Upgrade"
            case .badAcceptance: "Sec-WebSocket-Accept is not that of the key"
            case .unaskedExtension: "an extension was agreed on that was not offered"
            case .unaskedSubprotocol: "a subprotocol was chosen that was not offered"
            }
        }
    }

    /// The client's side of the opening handshake, RFC 6455 §4.1: a request that is built and
    /// checked once and sent with a key of its own on each connection, and the check of the answer.
    package struct ClientHandshake: Equatable, Sendable {
        /// The request up to its key; the end of the head follows.
        private let opening: [UInt8]
        /// The subprotocols offered.
        private let protocols: [[UInt8]]

        /// - Parameters:
        ///   - target: path and query, as of `HTTP1.RequestTemplate`.
        ///   - host: host and port of the URL.
        ///   - fields: sent too. Subprotocols may be offered so; extensions may not, there are none
        ///     here.
        package init(
            target: [UInt8], host: String, fields: [HTTP1.RequestTemplate.Field] = []
        ) throws(Complaint) {
            let own = [
                "upgrade", "connection", "sec-websocket-key", "sec-websocket-version",
                "sec-websocket-extensions",
            ]
            for field in fields where own.contains(field.name.lowercased()) {
                throw Complaint(
                    "\(field.name) belongs to the opening of the WebSocket",
                    remedy: "leave the field out")
            }
            let placeholder = String(repeating: "A", count: 22) + "=="
            let template = try HTTP1.RequestTemplate(
                target: target, host: host,
                fields: fields + [
                    .init("Upgrade", "websocket"), .init("Connection", "Upgrade"),
                    .init("Sec-WebSocket-Version", "13"),
                    .init("Sec-WebSocket-Key", placeholder),
                ])
            opening = template.bytes.dropLast(placeholder.utf8.count + 4)
            protocols = fields.filter { $0.name.lowercased() == "sec-websocket-protocol" }
                .flatMap { Self.elements($0.value) }
        }

        private static func elements(_ list: [UInt8]) -> [[UInt8]] {
            var at = 0
            var elements: [[UInt8]] = []
            while at <= list.count {
                let element = list.span.listElement(at: &at, until: list.count)
                if !element.isEmpty { elements.append(Array(list[element.range])) }
            }
            return elements
        }

        /// Writes the request.
        package func write(_ key: HandshakeKey, to output: inout ByteQueue) {
            output.append(opening.span)
            output.append(key.text.span)
            output.append("\r\n\r\n")
        }

        /// What is wrong with the answer to the request that was sent with `key`; nil when the
        /// WebSocket is open, and what follows is the server's first frame.
        ///
        /// - Parameter bytes: those of `head`, from the status line to the empty line.
        package func fault(
            of head: HTTP1.ResponseHead, _ bytes: Span<UInt8>, key: HandshakeKey
        ) -> HandshakeFault? {
            if head.status != .switchingProtocols { return .otherStatus }
            if head.version == .http10 { return .oldVersion }
            var facts = Facts()
            guard note(bytes, acceptance: key.acceptance.span, in: &facts) else {
                return .malformedField
            }
            if !facts.saysWebSocket { return .noUpgrade }
            if !facts.saysUpgrade { return .noConnection }
            if facts.acceptances != 1 || !facts.isAccepted { return .badAcceptance }
            if facts.hasExtension { return .unaskedExtension }
            // §11.3.4: a server chooses one at most.
            if facts.choices > 1 || facts.hasUnaskedProtocol { return .unaskedSubprotocol }
            return nil
        }

        /// What the fields of an answer say.
        private struct Facts {
            var saysWebSocket = false
            var saysUpgrade = false
            var acceptances = 0
            var isAccepted = false
            var hasExtension = false
            var choices = 0
            var hasUnaskedProtocol = false
        }

        /// Takes note of every field. False for a line that is none: unlike a plain response, this
        /// one is not read tolerantly, for what a line says that was not understood may have been
        /// an extension.
        private func note(
            _ bytes: Span<UInt8>, acceptance: Span<UInt8>, in facts: inout Facts
        ) -> Bool {
            var line = bytes.lineFeed(from: 0) + 1
            while true {
                guard let read = try? bytes.fieldLine(at: line) else { return false }
                switch read {
                case .unfinished: return false
                case .end(let next): return next == bytes.count
                case .field(let name, let value, let next):
                    note(name: name, value: value, in: bytes, acceptance: acceptance, &facts)
                    line = next
                }
            }
        }

        private func note(
            name: HTTP1.Run, value: HTTP1.Run, in bytes: Span<UInt8>, acceptance: Span<UInt8>,
            _ facts: inout Facts
        ) {
            if bytes.equalsFolded("upgrade", name) {
                facts.saysWebSocket =
                    facts.saysWebSocket || bytes.list(value, holds: "websocket")
            } else if bytes.equalsFolded("connection", name) {
                facts.saysUpgrade = facts.saysUpgrade || bytes.list(value, holds: "upgrade")
            } else if bytes.equalsFolded("sec-websocket-accept", name) {
                facts.acceptances += 1
                facts.isAccepted = value.bytes(of: bytes).elementsEqual(acceptance)
            } else if bytes.equalsFolded("sec-websocket-extensions", name) {
                facts.hasExtension = true
            } else if bytes.equalsFolded("sec-websocket-protocol", name) {
                facts.choices += 1
                let choice = value.bytes(of: bytes)
                if !protocols.contains(where: { $0.span.elementsEqual(choice) }) {
                    facts.hasUnaskedProtocol = true
                }
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether the comma-separated list in `value` holds `token`, which is written in lower case.
    fileprivate func list(_ value: HTTP1.Run, holds token: StaticString) -> Bool {
        var at = value.lower
        while at <= value.upper {
            if equalsFolded(token, listElement(at: &at, until: value.upper)) { return true }
        }
        return false
    }

    fileprivate func elementsEqual(_ other: Span<UInt8>) -> Bool {
        count == other.count && indices.allSatisfy { self[$0] == other[$0] }
    }
}
