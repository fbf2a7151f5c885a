package import Basis
package import Wire

/// What a subscriber asks for over HTTP/1.1: a GET that is the same each time, but for the id of
/// the last event (WHATWG HTML §9.2.4).
package struct SubscriptionRequest: Equatable, Sendable {
    /// The first request, with the fields that were asked for.
    let first: [UInt8]
    /// The head of the others up to the id.
    let again: [UInt8]

    private static let idField = "Last-Event-ID"

    /// - Parameter template: a GET without a body.
    package init(_ template: HTTP1.RequestTemplate) throws(Complaint) {
        precondition(template.method == "GET" && template.body.isEmpty, "a subscription is a GET")
        first = template.bytes
        let other = try HTTP1.RequestTemplate(
            target: template.target, host: String(decoding: template.host, as: UTF8.self),
            fields: template.fields.filter { $0.name.lowercased() != Self.idField.lowercased() })
        // Without the empty line.
        again = other.bytes.dropLast(2) + Array("\(Self.idField): ".utf8)
    }

    /// Puts the request of one who has been brought `events`, the first where none had an id.
    func write(after events: borrowing EventStream.Parser, to output: inout ByteQueue) {
        let id = events.lastEventID
        if id.isEmpty {
            output.append(first.span)
        } else {
            output.append(again.span)
            output.append(id)
            output.append("\r\n\r\n")
        }
    }
}
