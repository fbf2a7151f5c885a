/// What is told the fields of a block, one after the other.
///
/// A visitor that finds a fault remembers it: decoding goes on, as the tables of both ends must
/// stay in step even for a message that is refused (RFC 9113 §4.3).
package protocol FieldVisitor: ~Copyable {
    /// Takes note of a field.
    /// - Parameters:
    ///   - known: what the name is among those that matter; `other` says nothing about its bytes.
    ///   - name: as sent, not checked; it and `value` are gone after this call.
    ///   - isSensitive: never to be indexed, and so to be passed on, RFC 7541 §7.1.3.
    mutating func visit(
        _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool)
}
