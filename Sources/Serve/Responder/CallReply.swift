import Wire

/// How a call is answered, before anything of it is framed.
enum CallReply: BitwiseCopyable, Sendable {
    /// A `Payload` of so many bytes.
    case payload(Int)
    /// `Payload`s, one after the other.
    case messages(BenchMessages.StreamRequest)
    case counts(BenchMessages.StreamCounts)
    /// What comes goes back; the session does it.
    case echo
    case serving
    case failed(GRPC.Fault)
    /// The status that the request asks for, and where in it the text lies.
    case asked(GRPC.Status, text: HTTP1.Run)
}
