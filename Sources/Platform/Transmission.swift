package import Basis

/// What one side asks of its sockets beside TCP_NODELAY, which it sets once: what has to be done
/// again with every transfer.
package struct Transmission: Equatable, Sendable {
    /// TCP_QUICKACK before each receive: what came is acknowledged at once. The kernel falls back
    /// by itself (tcp(7)), so once a connection would not do.
    package var acknowledgesAtOnce = false
    /// TCP_CORK around each flush: its pieces leave together.
    package var corks = false
    package var shape = WriteShape.one

    package init() {}

    /// Reads `--quickack`, `--cork` and `--write-shape`.
    package init(_ options: ParsedOptions) throws(Complaint) {
        acknowledgesAtOnce = try options.toggle("quickack") ?? false
        corks = try options.toggle("cork") ?? false
        shape = try options.choice("write-shape", of: WriteShape.self) ?? .one
    }

    /// Whether a flush is one plain write.
    package var isPlain: Bool { shape == .one && !corks }

    /// For sockets that are not TCP's: the options mean nothing there, separate writes do.
    package var beyondTCP: Transmission {
        var own = Transmission()
        own.shape = shape
        return own
    }
}

/// An option of a TCP connection that a loop sets for a transfer.
package enum TransferOption: Sendable {
    /// TCP_QUICKACK.
    case quickAck
    /// TCP_CORK.
    case cork
}
