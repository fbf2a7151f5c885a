import Basis
import Platform
import Wire

/// Requests to pay with which something is to go wrong: it happens between the session and the
/// desk, so that it is the same in every pattern and protocol.
extension ConnectionCore where Desk: ~Copyable, S: ~Copyable {
    /// Asks the plan about a request; says whether its connection is to end because of it.
    @inline(never)
    mutating func plan(_ message: inout Message) -> Bool {
        guard let faults, case .payments = message.route else { return false }
        message.fault = faults.next()
        switch message.fault {
        case .none: return false
        case .delay:
            tally.delayedAnswers &+= 1
            return false
        case .dropBefore: tally.dropsBeforeWork &+= 1
        case .dropAfter: tally.dropsBehindWork &+= 1
        case .cutAnswer: tally.cutAnswers &+= 1
        }
        return true
    }

    /// Has the work done, if it is to be, and ends the connection. Says whether that has happened.
    @inline(never)
    mutating func submitFaulty(
        _ message: Message, body: Span<UInt8>, of connection: inout State, _ owner: Exchange
    ) -> Bool {
        if message.fault == .dropBefore {
            cut(&connection)
            return true
        }
        switch desk.submit(
            message, body: body, from: owner, mustFollow: mustFollow(on: connection),
            items: &items, tally: &tally)
        {
        case .passedOn(let index):
            passedOn(index, message, body.count, of: &connection)
            return false
        case .reply(let content) where message.fault == .cutAnswer:
            answerInPart(&connection) { core, connection in
                core.answer(content, message, body: body, on: &connection)
            }
        case .later(_, let route) where message.fault == .cutAnswer:
            var message = message
            message.route = route
            answerInPart(&connection) { core, connection in
                core.answer(Responder.late(message), message, body: body, on: &connection)
            }
        case .reply, .worked, .later, .inTime, .published: break
        }
        cut(&connection)
        return true
    }

    /// A worker has done the work of such a request.
    @inline(never)
    mutating func breakOff(_ index: UInt32, _ message: Message, _ connection: inout State) {
        let isFirst = index == connection.firstInFlight || !connection.session.isOrdered
        let isHeld = items.withItem(index) { $0.delay } != nil
        if message.fault == .cutAnswer, isFirst, !isHeld {
            answerInPart(&connection) { core, connection in
                core.join(index, isLastOfAll: false, of: &connection)
            }
        } else {
            drop(index, of: &connection)
        }
        cut(&connection)
    }

    /// Makes an answer and takes half of it back.
    private mutating func answerInPart(
        _ connection: inout State, _ answer: (inout Self, inout State) -> Void
    ) {
        let before = output.count
        answer(&self, &connection)
        output.removeLast((output.count - before + 1) / 2)
    }

    /// Nothing follows what is in the output.
    private func cut(_ connection: inout State) {
        connection.isCut = true
        connection.hasMore = false
        connection.input.releaseStorage()
    }
}
