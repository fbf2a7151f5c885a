package import Basis
package import Wire

/// The request that every stream asks: the fields of its head, and its payload.
package struct HTTP2Request: Equatable, Sendable {
    /// One field of the head.
    struct Field: Hashable, Sendable {
        /// In lower case (RFC 9113 §8.2).
        let name: [UInt8]
        let value: [UInt8]
        /// Whether each request has its own value, and `value` only the marks of its places.
        var isFilled = false

        init(_ name: String, _ value: [UInt8]) {
            self.name = Array(name.utf8)
            self.value = value
        }

        /// Whether it says how long the payload is.
        var isLength: Bool { name.elementsEqual("content-length".utf8) }

        /// What no table is to keep (RFC 7541 §7.1.3).
        var isSecret: Bool {
            ["authorization", "cookie", "proxy-authorization"].contains {
                name.elementsEqual($0.utf8)
            }
        }
    }

    /// In the order of the wire.
    let fields: [Field]
    let body: [UInt8]
    let answersHead: Bool
    /// Whether each request has its own payload, and `body` only the marks of its places.
    let fillsBody: Bool

    /// The same with places that are filled for each request; with those of the body goes its
    /// length.
    ///
    /// - Parameter isTemplated: whether bytes like marks are marks.
    init(
        _ template: HTTP1.RequestTemplate, scheme: String, isTemplated: Bool
    ) throws(Complaint) {
        let request = try HTTP2Request(template, scheme: scheme)
        var fields = request.fields
        let fillsBody = isTemplated && request.body.contains(PlaceMarks.mark)
        for index in fields.indices where isTemplated {
            fields[index].isFilled =
                fields[index].value.contains(PlaceMarks.mark)
                || fillsBody && fields[index].isLength
        }
        self.init(
            fields: fields, body: request.body, answersHead: request.answersHead,
            fillsBody: fillsBody)
    }

    private init(fields: [Field], body: [UInt8], answersHead: Bool, fillsBody: Bool) {
        self.fields = fields
        self.body = body
        self.answersHead = answersHead
        self.fillsBody = fillsBody
    }

    /// The same request as one of HTTP/1.1 (RFC 9113 §8.3.1).
    ///
    /// - Parameter saysLength: whether the head says how long a payload is, where that is usual.
    package init(
        _ template: HTTP1.RequestTemplate, scheme: String = "http", saysLength: Bool = true
    ) throws(Complaint) {
        var fields = [
            Field(":method", Array(template.method.utf8)), Field(":scheme", Array(scheme.utf8)),
            Field(":authority", template.host), Field(":path", template.target),
        ]
        for field in template.fields {
            let name = field.name.lowercased()
            // §8.2.2: they are about one connection, which HTTP/2 handles by itself.
            if ["connection", "proxy-connection", "keep-alive", "upgrade"].contains(name)
                || name == "te" && String(decoding: field.value, as: UTF8.self) != "trailers"
            {
                throw Complaint(
                    "\(field.name) has no meaning in HTTP/2", remedy: "leave the field out")
            }
            fields.append(Field(name, field.value))
        }
        if template.saysLength, saysLength {
            fields.append(Field("content-length", Array("\(template.body.count)".utf8)))
        }
        self.fields = fields
        body = template.body
        answersHead = template.answersHead
        fillsBody = false
    }
}
