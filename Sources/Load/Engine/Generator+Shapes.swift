import Basis
import Platform
import Secure
import Wire

/// Writes that are cut, and options that are set around transfers.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// Sends what lies in the connection's output in the pieces that were asked for, and corked
    /// where that was.
    @inline(never)
    mutating func flushShaped(_ index: Int) {
        if Self.isSilent(client, table[index].session) { return }
        var isFull = false
        do throws(StreamError) {
            if plan.transmission.corks { try set(.cork, true, on: index) }
            while !isFull, let sent = try sendPiece(index) { isFull = sent == .wouldBlock }
            if plan.transmission.corks { try set(.cork, false, on: index) }
        } catch {
            lose(index, because: .write, error)
            return
        }
        if isFull { watchForRoom(index) }
    }

    static func isSilent(
        _ client: borrowing Client, _ session: borrowing Client.Session
    ) -> Bool { client.output(of: session).isEmpty }

    /// One write of the next piece; nil when there is nothing.
    private mutating func sendPiece(_ index: Int) throws(StreamError) -> Sent? {
        // SAFETY: the table checks that the connection is there and has a link, and outlives the
        // call.
        let connection = unsafe table.pointer(to: index)
        let link = unsafe table.link(index)
        let pieces = unsafe table.rest(index)
        let sent = try unsafe Self.sendPiece(
            from: client, connection.pointee.session, &pieces.pointee.pieces,
            plan.transmission.shape, over: &link.pointee, with: &kernel, in: &workspace)
        guard case .bytes(let count) = sent else { return sent }
        unsafe pieces.pointee.pieces.took(count)
        bytesWritten &+= UInt64(truncatingIfNeeded: count)
        unsafe client.wrote(count, on: &connection.pointee.session)
        return sent
    }

    private static func sendPiece(
        from client: borrowing Client, _ session: borrowing Client.Session,
        _ pieces: inout FlushPieces, _ shape: WriteShape, over link: inout Link<Stream>,
        with kernel: inout K, in workspace: inout Stream.Workspace
    ) throws(StreamError) -> Sent? {
        let output = client.output(of: session)
        if output.isEmpty { return nil }
        let size = pieces.next(of: output, shape, Client.framing)
        return try link.send(output.extracting(first: size), with: &kernel, in: &workspace)
    }

    @inline(never)
    mutating func set(
        _ option: TransferOption, _ isOn: Bool, on index: Int
    ) throws(StreamError) {
        try StreamError.from { () throws(SystemError) in
            // SAFETY: `link` checks that the connection has one.
            try unsafe kernel.set(option, isOn, on: table.link(index).pointee.descriptor)
        }
    }
}
