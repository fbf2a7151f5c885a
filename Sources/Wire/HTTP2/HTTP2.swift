/// HTTP/2 (RFC 9113) and its field compression (HPACK, RFC 7541) without input or output: bytes in,
/// verdicts out, both roles.
///
/// Nothing here allocates once warm. What a verdict says about bytes are ranges of the span that
/// was parsed, valid for that span only.
package enum HTTP2 {}

extension HTTP2 {
    /// Which end of the connection this is.
    package enum Role: BitwiseCopyable, Sendable { case client, server }

    /// A piece of the parsed span.
    package typealias Run = HTTP1.Run

    /// The 24 bytes a client opens its connection with, RFC 9113 §3.4.
    package static let clientPreface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// The bounds of what a peer may make this end hold or do.
    package enum Limit {
        /// The largest payload a peer may send in a frame as long as we announce nothing else, RFC
        /// 9113 §6.5.2.
        package static let frameBytes: UInt32 = 16_384
        /// The most that can be announced, RFC 9113 §6.5.2.
        package static let frameBytesMax: UInt32 = 1 << 24 - 1
        /// A window at its largest, RFC 9113 §6.9.1.
        package static let windowMax: UInt32 = 1 << 31 - 1
        /// A window before anything else was said, RFC 9113 §6.9.2.
        package static let initialWindow: UInt32 = 65_535
        /// The largest stream identifier, RFC 9113 §5.1.1.
        package static let streamID: UInt32 = 1 << 31 - 1
        /// Fragments of one field block behind its HEADERS frame. A field list within `listBytes`
        /// needs one; without a bound a block that never ends is an attack (CVE-2024-27316 and
        /// others).
        package static let continuations = 8
        /// All fragments of one field block.
        package static let blockBytes = 64 * 1_024
        /// Parameters in one SETTINGS frame. RFC 9113 defines six.
        package static let settings = 32
        /// A dynamic table, RFC 7541 §4.2: what an endpoint gets unless it says otherwise, and the
        /// most this one uses as an encoder, whatever its peer offers. A larger one costs memory a
        /// connection and wins nothing for the few fields sent here.
        package static let tableBytes = 4_096
        /// The most a decoder of ours can be told to announce: offsets in the table are 16 bits.
        package static let tableBytesMax = 16_384
        /// Sizes of a field list, RFC 9113 §6.5.2: name, value and 32 a field. The same as a head
        /// of HTTP/1.1 may have.
        package static let listBytes = HTTP1.Limit.headBytes
        package static let fields = HTTP1.Limit.fieldLines
        /// How far above both a list may be before its connection ends: a table's entry of 4 KiB
        /// is named again with one byte (CVE-2016-6581).
        package static let listExcess = 16
    }
}
