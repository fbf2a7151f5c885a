// Hot path
import Basis
package import Wire

/// What is said on the streams of HTTP/2: the connection knows frames and windows, and this what an
/// answer is and how it came out. One value a stream.
package protocol HTTP2Exchange: BitwiseCopyable, SendableMetatype {
    /// Whether answers come in parts whose times matter.
    static var hasParts: Bool { get }

    init()

    /// Takes payload of the answer from `offset` on, to the end of a part or to its own end: nil.
    mutating func take(
        _ payload: Span<UInt8>, from offset: Int, stream: UInt32
    ) throws(HTTP2.Failure) -> HTTP2Part?

    /// Payload as it is reported, without what parts have told.
    ///
    /// - Parameter received: all payload of the stream.
    func bodyBytes(received: UInt64) -> UInt64

    /// How the request was answered.
    ///
    /// - Parameters:
    ///   - status: of the head.
    ///   - last: what the field block said that ended the answer, be it the head; nothing where
    ///     payload ended it.
    func outcome(status: UInt16, last: HTTP2BlockFacts) -> Outcome

    /// How a request was answered whose stream was reset; nil where that is no answer.
    static func outcome(reset code: HTTP2.ErrorCode) -> Outcome?

    /// One line about a failed request.
    ///
    /// - Parameter fields: the last field block that was read.
    static func reason(of outcome: Outcome, _ fields: borrowing HTTP2.ResponseFields) -> String
}
