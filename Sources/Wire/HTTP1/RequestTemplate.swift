package import Basis

extension HTTP1 {
    /// The bytes of one request, built and checked once and then sent as they are.
    package struct RequestTemplate: Equatable, Sendable {
        /// A field line to send; checked when the request is built.
        package struct Field: Equatable, Sendable {
            package let name: String
            /// Any bytes but control characters: RFC 9110 §5.5 leaves the encoding open.
            package let value: [UInt8]

            package init(_ name: String, _ value: String) {
                self.init(name, bytes: Array(value.utf8))
            }

            package init(_ name: String, bytes value: [UInt8]) {
                self.name = name
                self.value = value
            }

            /// - Parameter other: in lower case.
            package func isNamed(_ other: String) -> Bool { name.lowercased() == other }
        }

        package let method: String
        package let target: [UInt8]
        package let host: [UInt8]
        /// What was asked for besides the host.
        package let fields: [Field]
        package let body: [UInt8]
        /// Whether the head says how long the payload is.
        package let saysLength: Bool
        /// Head and payload as they go on the wire in HTTP/1.1.
        package let bytes: [UInt8]
        /// How many of `bytes` are the head.
        package let headBytes: Int
        /// Whether the response has no payload because of the method; `ResponseParser` must be
        /// told.
        package let answersHead: Bool

        /// - Parameters:
        ///   - method: a token; CONNECT is refused, a tunnel is not a request one can repeat.
        ///   - target: the request target as sent, path and query; bytes beyond ASCII are sent as
        ///     they are, as other clients do, though they should be percent-encoded.
        ///   - host: host and port of the URL; a `Host` among `fields` is taken instead.
        ///   - fields: sent in this order behind Host. Content-Length is computed, so it and
        ///     Transfer-Encoding are refused.
        package init(
            method: String = "GET", target: String, host: String, fields: [Field] = [],
            body: [UInt8] = []
        ) throws(Complaint) {
            try self.init(
                method: method, target: Array(target.utf8), host: host, fields: fields, body: body)
        }

        /// The same with a target of any bytes.
        package init(
            method: String = "GET", target: [UInt8], host: String, fields: [Field] = [],
            body: [UInt8] = []
        ) throws(Complaint) {
            try Self.check(method: method, target: target)
            for field in fields { try Self.check(field) }
            let hosts = fields.filter { $0.isNamed("host") }
            let hostValue = hosts.first?.value ?? Array(host.utf8)
            // RFC 9112 §3.2.
            if hosts.count > 1 {
                throw Complaint(
                    "Host is given \(hosts.count) times, but a request has one host",
                    remedy: "give it once")
            }
            guard Self.isAuthority(hostValue) else {
                throw Complaint(
                    "'\(Self.shown(hostValue))' is not one host with an optional port",
                    remedy: "give a Host such as example.org:8080")
            }
            if method == "TRACE", !body.isEmpty {
                // RFC 9110 §9.3.8.
                throw Complaint("TRACE has no body", remedy: "leave the body out")
            }
            var head = Array("\(method) ".utf8) + target
            head += Array(" HTTP/1.1\r\nHost: ".utf8) + hostValue + Array("\r\n".utf8)
            for field in fields where !field.isNamed("host") {
                head += Array("\(field.name): ".utf8) + field.value + Array("\r\n".utf8)
            }
            // RFC 9110 §8.6: methods that anticipate content say that there is none.
            saysLength = !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method)
            if saysLength {
                head += Array("Content-Length: \(body.count)\r\n".utf8)
            }
            head += Array("\r\n".utf8)
            guard head.count <= Limit.headBytes else {
                throw Complaint(
                    "the request head has \(head.count) bytes",
                    remedy: "keep it within \(Limit.headBytes), which most servers take")
            }
            self.method = method
            self.target = target
            self.host = hostValue
            self.fields = fields.filter { !$0.isNamed("host") }
            self.body = body
            bytes = head + body
            headBytes = head.count
            answersHead = method == "HEAD"
        }

        /// Bytes for a person.
        private static func shown(_ bytes: [UInt8]) -> String {
            String(decoding: bytes, as: UTF8.self)
        }

        private static func check(method: String, target: [UInt8]) throws(Complaint) {
            guard isToken(method), method != "CONNECT" else {
                throw Complaint(
                    "'\(method)' is not a method that can be sent", remedy: "give one such as GET")
            }
            let isVisible = target.allSatisfy { $0 > .space && $0 != .delete }
            let isAsterisk = method == "OPTIONS" && target == [0x2A]
            guard isVisible, !target.contains(.numberSign), target.first == .slash || isAsterisk
            else {
                throw Complaint(
                    "'\(shown(target))' is not a request target",
                    remedy: "give a path that begins with / and is percent-encoded")
            }
        }

        /// A line break in a name or a value would be another field, or another request.
        private static func check(_ field: Field) throws(Complaint) {
            guard isToken(field.name) else {
                throw Complaint(
                    "'\(field.name)' is not a field name",
                    remedy: "use letters, digits and hyphens")
            }
            let isPlain = !field.value.contains {
                ControlByte().contains($0) && $0 != .tab
            }
            guard isPlain else {
                throw Complaint(
                    "the value of \(field.name) holds a control character",
                    remedy: "keep it on one line")
            }
            guard !field.isNamed("content-length"), !field.isNamed("transfer-encoding") else {
                throw Complaint(
                    "\(field.name) follows from the body", remedy: "leave the field out")
            }
        }

        private static func isToken(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { ASCIISet.token.contains($0) }
        }

        private static func isAuthority(_ bytes: [UInt8]) -> Bool {
            bytes.span.isAuthority(Run(0, bytes.count), needsPort: false)
        }
    }
}
