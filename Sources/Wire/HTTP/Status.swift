extension HTTP {
    /// A three-digit status code, RFC 9110 §15.
    package struct Status: BitwiseCopyable, Equatable, Sendable {
        package let code: UInt16

        @inline(always)
        package init(_ code: UInt16) { self.code = code }

        package static let `continue` = Status(100)
        package static let switchingProtocols = Status(101)
        package static let ok = Status(200)
        package static let created = Status(201)
        package static let accepted = Status(202)
        package static let noContent = Status(204)
        package static let notModified = Status(304)
        package static let badRequest = Status(400)
        package static let notFound = Status(404)
        package static let methodNotAllowed = Status(405)
        package static let requestTimeout = Status(408)
        package static let conflict = Status(409)
        package static let contentTooLarge = Status(413)
        package static let uriTooLong = Status(414)
        package static let unsupportedMediaType = Status(415)
        package static let expectationFailed = Status(417)
        package static let unprocessableContent = Status(422)
        package static let tooEarly = Status(425)
        package static let upgradeRequired = Status(426)
        package static let requestHeaderFieldsTooLarge = Status(431)
        package static let internalServerError = Status(500)
        package static let notImplemented = Status(501)
        package static let serviceUnavailable = Status(503)
        package static let versionNotSupported = Status(505)

        /// Whether a reply with this status never has a payload, RFC 9110 §6.4.1.
        @inline(always)
        package var isBodyless: Bool { code < 200 || code == 204 || code == 304 }

        /// Whether it may name another place to ask, RFC 9110 §15.4.
        @inline(always)
        package var isRedirect: Bool { code >= 300 && code < 400 && code != 304 }

        /// The reason phrase; empty for a code without a name here, which RFC 9112 §4 allows.
        package var phrase: StaticString {
            switch code {
            case 100: "Continue"
            case 101: "Switching Protocols"
            case 200: "OK"
            case 201: "Created"
            case 202: "Accepted"
            case 204: "No Content"
            case 304: "Not Modified"
            case 400: "Bad Request"
            case 404: "Not Found"
            case 405: "Method Not Allowed"
            case 408: "Request Timeout"
            case 409: "Conflict"
            case 413: "Content Too Large"
            case 414: "URI Too Long"
            case 415: "Unsupported Media Type"
            case 417: "Expectation Failed"
            case 422: "Unprocessable Content"
            case 425: "Too Early"
            case 426: "Upgrade Required"
            case 431: "Request Header Fields Too Large"
            case 500: "Internal Server Error"
            case 501: "Not Implemented"
            case 503: "Service Unavailable"
            case 505: "HTTP Version Not Supported"
            default: ""
            }
        }
    }
}
