// Hot path
import Basis
import Platform
import Secure
import Wire

extension ReaderCore where Stream: ~Copyable, Desk: ~Copyable {
    /// Sends what can be sent: first what waited, then the replies of this event, then what is
    /// ready behind them. False when the connection broke and is closed.
    @inline(always)
    mutating func flush(_ connection: inout Connection<Stream>) -> Bool {
        do throws(SystemError) {
            while true {
                if connection.output.isEmpty {
                    if output.isEmpty {
                        if connection.fillerLeft > 0 {
                            makeFiller(&connection)
                        } else if !Desk.isDeferred || !joinDone(&connection) {
                            return true
                        }
                    }
                    if try !sendReplies(&connection) { return true }
                } else {
                    connection.output.append(output.bytes)
                    output.removeAll()
                    if try !sendQueued(&connection) { return true }
                }
            }
        } catch {
            output.removeAll()
            close(&connection)
            return false
        }
    }

    /// Sends the replies of this event; what the socket does not take waits with the connection.
    /// Says whether all of it went.
    @inline(always)
    private mutating func sendReplies(
        _ connection: inout Connection<Stream>
    ) throws(SystemError) -> Bool {
        // SAFETY: the call changes `kernel`, which has no part in the queue, and nothing appends to
        // the queue before `replies` is used for the last time.
        let replies = unsafe Span(_unsafeElements: output.unsafeBytes)
        let sent = try connection.stream!.send(
            replies, to: connection.descriptor!, with: &kernel)
        let isAll = sent.count == replies.count
        if !isAll {
            connection.deadline = now + Limit.writeTime
            connection.output.append(replies.extracting(droppingFirst: sent.count))
        }
        output.removeAll()
        return isAll
    }

    /// Sends from the connection's queue; says whether all of it went.
    private mutating func sendQueued(
        _ connection: inout Connection<Stream>
    ) throws(SystemError) -> Bool {
        var waiting = ByteQueue()
        swap(&waiting, &connection.output)
        defer { swap(&waiting, &connection.output) }
        let sent = try connection.stream!.send(
            waiting.bytes, to: connection.descriptor!, with: &kernel)
        if sent.count > 0 { connection.deadline = now + Limit.writeTime }
        waiting.consume(sent.count)
        if waiting.isEmpty {
            waiting.keepLittle()
        } else {
            waiting.trim(above: Limit.unsentStorageBytes)
        }
        return waiting.isEmpty
    }

    private mutating func makeFiller(_ connection: inout Connection<Stream>) {
        let count = min(connection.fillerLeft, Limit.fillerPieceBytes)
        output.append(repeating: ReplyWriter.fillerByte, count: count)
        connection.fillerLeft -= count
    }

    /// Brings a connection to rest after whatever happened to it: sends, decides what it waits for
    /// and until when, and tells the poller if that changed.
    ///
    /// Hot: once an event.
    @inline(always)
    mutating func settle(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        guard flush(&connection) else { return }
        account(&connection)
        // Only now is it known which replies before it have gone.
        if connection.refusal != nil, !refuse(&connection) { return }
        if connection.hasMore, !mustHoldInput(of: connection) { list(&connection, reference) }
        if connection.owesReply || connection.hasMore && !connection.isLast {
            // With output in the way the deadline was set when the peer last took some.
            connection.phase = .replying
            if connection.output.isEmpty { connection.deadline = .distantFuture }
        } else if connection.isLast {
            if connection.hasPeerFinished {
                close(&connection)
                return
            }
            linger(&connection)
        } else if connection.hasPeerFinished {
            close(&connection)
            return
        } else if connection.message != nil {
            // A body is arriving: its deadline was set with its head and grows with its bytes,
            // unless a reply was in the way.
            if connection.phase != .receiving {
                connection.phase = .receiving
                connection.deadline = now + bodyTime
            }
        } else if !connection.input.isEmpty, connection.parser.isMidMessage {
            if connection.phase != .receiving {
                connection.phase = .receiving
                connection.deadline = now + headTime
            }
        } else {
            connection.phase = .idle
            connection.deadline = now + idleTime
        }
        watch(&connection, reference)
    }

    /// Sends the refusal if its turn has come. False when the connection broke and is closed.
    @inline(never)
    private mutating func refuse(_ connection: inout Connection<Stream>) -> Bool {
        guard let refusal = connection.refusal, connection.inFlight == 0, connection.timed == nil,
            connection.fillerLeft == 0
        else { return true }
        connection.refusal = nil
        connection.isLast = true
        writer.write(refusal, toHead: connection.refusesHead, to: &output)
        return flush(&connection)
    }

    /// Tells the poller what the connection waits for, if that is not what it waited for before.
    @inline(always)
    private mutating func watch(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        var wanted: Interest = []
        if !connection.hasPeerFinished, connection.input.count < Limit.unparsedBytes {
            wanted.insert(.readable)
        }
        if !connection.output.isEmpty { wanted.insert(.writable) }
        if wanted != connection.interest { watch(&connection, reference, for: wanted) }
    }

    /// Has the poller tell of this from now on.
    @inline(never)
    mutating func watch(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference,
        for wanted: Interest
    ) {
        connection.interest = wanted
        do {
            try kernel.control(
                port.value.poller, .modify, connection.descriptor!, interest: wanted.ofConnection,
                token: reference.token)
        } catch {
            close(&connection)
        }
    }
}

extension Interest {
    /// What the poller is told of a connection that waits for this: to report edges, and with them
    /// the peer's end as long as anything is read.
    var ofConnection: Interest {
        contains(.readable) ? union([.edge, .interruption]) : union(.edge)
    }

    /// What a connection is watched for when it begins.
    static let newConnection = Interest.readable.ofConnection
}
