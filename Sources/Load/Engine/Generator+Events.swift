// Hot path
import Basis
import Measure
import Platform
import Secure
import Wire

/// Events that tell when they were due.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// A subscription brought an event, which belongs to the window by the time at which it was
    /// due. One that comes before that, by clocks that disagree, is due when it comes.
    mutating func noteDelivery(_ index: Int, _ delivery: Delivery) {
        table[index].hasAnswered = true
        let due = min(now, delivery.stamp.instant(unixOffset: plan.unixOffset))
        if due < recordsFrom {
            tally.warmUpAnswers &+= 1
            if now >= recordsFrom, now < sendsUntil { upkeep.entered += 1 }
        } else if due < sendsUntil {
            tally.statuses[Int(Outcome.Kind.success.rawValue)] &+= 1
            tally.bodyBytes &+= delivery.bytes
            tally.missedEvents &+= UInt64(delivery.missed)
            tally.response.record(now.since(due))
            table[index].served &+= 1
        } else if !table[index].hasHeardEnd {
            table[index].hasHeardEnd = true
            upkeep.unheard -= 1
        }
    }

    /// An event of an answer came.
    @inline(always)
    mutating func noteDue(_ index: Int, _ slot: Int, _ due: PartDue, intended: Instant) {
        var stamp: Stamp?
        switch due {
        case .unknown: break
        case .at(let said):
            stamp = said
            let due = min(now, said.instant(unixOffset: plan.unixOffset))
            tally.eventDelay.record(now.since(due))
        case .number(let number):
            // A server may be early, for its clock began with the request's arrival.
            let due = intended + plan.messageInterval * Int64(truncatingIfNeeded: number)
            tally.eventDelay.record(now.since(min(now, due)))
        }
        // SAFETY: `spread` checks both numbers; the table outlives the call.
        if Client.hasEvents { unsafe table.spread(of: index, slot).pointee.note(stamp, at: now) }
    }

    /// An answer of events is over, a success of the window.
    @inline(always)
    mutating func noteEvents(_ index: Int, _ slot: Int, of times: RequestTimes) {
        // SAFETY: `spread` checks both numbers; the table outlives the call.
        let spread = unsafe table.spread(of: index, slot).pointee
        if spread.isBurst(from: times.intended, to: now) { tally.bursts &+= 1 }
    }

    /// Whether a subscription may still bring events of the window: none has brought one behind its
    /// end, and what is under way keeps its order.
    var awaitsEvents: Bool { Client.delivers && upkeep.unheard > 0 }

    /// Waits no longer for events of the window.
    mutating func abandonEvents() {
        if !awaitsEvents { return }
        tally.silentSubscribers += UInt64(upkeep.unheard)
        upkeep.unheard = 0
    }

    /// The peer's last word ends a subscription that should have gone on.
    @inline(never)
    mutating func loseSubscription(_ index: Int) {
        lose(
            index, because: .read,
            cutOffText(index, held: 0, "the server ended the subscription"))
    }
}
