package import Basis
package import Wire

/// The request that every stream asks: the fields of its head, and its payload.
package struct HTTP2Request: Equatable, Sendable {
    /// One field of the head.
    struct Field: Equatable, Sendable {
        /// In lower case (RFC 9113 §8.2).
        let name: [UInt8]
        let value: [UInt8]

        init(_ name: String, _ value: [UInt8]) {
            self.name = Array(name.utf8)
            self.value = value
        }

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
    }
}
