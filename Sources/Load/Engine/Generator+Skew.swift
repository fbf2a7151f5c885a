// Hot path
import Basis
import Measure
import Platform
import Secure

/// Requests that have a connection of their own, drawn when they are due (`Skew`). They wait for it
/// also where another one is free.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// Gives every due request to its connection, or lets it wait there. With no room left for
    /// those that wait, the schedule stands still.
    @inline(never)
    mutating func sendDueToTheirs() {
        while pacing.next <= now, pacing.next < sendsUntil {
            if queues.isFull {
                isBacklogged = true
                return
            }
            let intended = pacing.next
            pacing.advance()
            let isOfWindow = intended >= recordsFrom
            if isBacklogged, isOfWindow { upkeep.heldBack &+= 1 }
            let index = chooser.next()
            if queues.isEmpty(index), hasRoom(index), isTrusted(index) {
                begin(index, intended: intended)
                flush(index)
                now = time.now
            } else {
                if isOfWindow {
                    tally.starved &+= 1
                    upkeep.waitingOfWindow &+= 1
                }
                queues.push(intended, on: index)
            }
        }
        isBacklogged = false
    }

    /// Sends what waits for a connection, as far as that has room.
    @inline(always)
    mutating func sendWaiting(_ index: Int) {
        if queues.isEmpty(index) || !hasRoom(index) { return }
        while hasRoom(index), let intended = queues.pop(index) {
            if intended >= recordsFrom { upkeep.waitingOfWindow &-= 1 }
            begin(index, intended: intended)
        }
        flush(index)
    }

    /// Counts what still waits for its connection as lost, at the age it has reached.
    @inline(never)
    mutating func abandonWaiting() {
        for index in 0..<table.count {
            while let intended = queues.pop(index) {
                if intended >= recordsFrom {
                    giveUpUnsent(intended, "its connection was never free")
                }
            }
        }
        upkeep.waitingOfWindow = 0
    }
}
