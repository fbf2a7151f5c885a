@testable import Load

/// Bytes for a client as the engine shows them: what it is not done with is shown again, with what
/// follows.
struct HeldInput {
    private var held: [UInt8] = []
    private var isOver = false

    /// Shows what was held and `more`.
    ///
    /// - Parameter take: is given each event, and says where to go on; nil ends the connection.
    mutating func show<Client: ProtocolClient & ~Copyable>(
        _ more: some Sequence<UInt8>, to client: inout Client, _ session: inout Client.Session,
        _ take: (inout Client, inout Client.Session, ClientEvent) -> Int?
    ) {
        let bytes = held + more
        held = []
        var offset = 0
        while offset < bytes.count, !isOver {
            let event = client.receive(bytes.span, from: offset, on: &session)
            if case .needMore(let keepFrom) = event {
                held = Array(bytes[keepFrom...])
                return
            }
            guard let end = take(&client, &session, event) else {
                isOver = true
                return
            }
            offset = end
        }
    }
}
