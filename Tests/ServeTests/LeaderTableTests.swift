import Basis
import Platform
import Secure
import Testing

@testable import Serve

/// A table in a box, so that expectations can ask it.
private final class Stage {
    typealias Table = LeaderTable<PlainStream, HTTP1Session>

    var table = Table(limit: 1_000)

    /// A connection that is here, and has nothing to do.
    func connection() throws -> ConnectionReference {
        let begun = table.begin()
        let reference = try #require(begun).reference
        table[reference.slot].state.phase = .idle
        table.giveBack(reference)
        return reference
    }

    func note(_ reference: ConnectionReference, _ reasons: Table.Reasons) {
        table.note(reference, reasons)
    }
    func take() -> Table.Turn? { table.take() }
    func giveBack(_ reference: ConnectionReference) { table.giveBack(reference) }
    func end(_ reference: ConnectionReference) {
        table[reference.slot].state.phase = .free
        table.giveBack(reference)
    }
    func isDrained(at now: Instant) -> Bool { table.isDrained(at: now) }
    var hasTurn: Bool { table.hasTurn }
    var isEmpty: Bool { table.isEmpty }
}

@Suite("leaders' table")
struct LeaderTableTests {
    @Test("connections go on in the order of what happened, each once, with all their reasons")
    func order() throws {
        let stage = Stage()
        let (a, b) = (try stage.connection(), try stage.connection())
        #expect(!stage.hasTurn && stage.take() == nil)
        stage.note(b, .timer)
        stage.note(a, .listed)
        stage.note(b, .listed)
        let first = try #require(stage.take())
        #expect(first.reference == b && first.reasons == [.timer, .listed])
        #expect(stage.take()?.reference == a)
        #expect(stage.take() == nil)
    }

    @Test("what happens to a connection that is away waits for its return, and nobody else has it")
    func away() throws {
        let stage = Stage()
        let reference = try stage.connection()
        stage.note(reference, .timer)
        #expect(stage.take()?.reference == reference)
        stage.note(reference, .timer)
        #expect(stage.take() == nil)
        stage.giveBack(reference)
        #expect(stage.take()?.reasons == .timer)
        stage.giveBack(reference)
        #expect(stage.take() == nil)
    }

    @Test("what the poller tells twice is told as one")
    func events() throws {
        let stage = Stage()
        let reference = try stage.connection()
        stage.table.note(reference, .event, .input(reference.token))
        let writable = Event.missed(reference.token)
        stage.table.note(reference, .event, writable)
        let turn = try #require(stage.take())
        #expect(turn.event.isReadable && turn.event.isWritable)
    }

    @Test("who has ended while something waited for it is passed over")
    func ended() throws {
        let stage = Stage()
        let (a, b) = (try stage.connection(), try stage.connection())
        stage.note(a, .timer)
        stage.note(b, .timer)
        #expect(stage.take()?.reference == a)
        stage.note(a, .listed)
        stage.end(a)
        stage.end(b)
        #expect(stage.take() == nil && stage.isEmpty)
        // The slot's next user knows nothing of it.
        let next = try stage.connection()
        #expect(next.slot == b.slot || next.slot == a.slot)
        stage.note(a, .timer)
        stage.note(b, .timer)
        #expect(stage.take() == nil)
    }

    @Test("a queue that never empties keeps its order and does not grow", arguments: [3, 700])
    func turns(count: Int) throws {
        let stage = Stage()
        let all = try (0..<count).map { _ in try stage.connection() }
        for reference in all { stage.note(reference, .listed) }
        for step in 0..<20_000 {
            let turn = try #require(stage.take())
            try #require(turn.reference == all[step % count])
            stage.note(turn.reference, .listed)
            stage.giveBack(turn.reference)
        }
    }

    @Test("a stop is over when nobody is left, or its time is")
    func drained() throws {
        let stage = Stage()
        let reference = try stage.connection()
        let now = Instant(raw: 1_000)
        #expect(!stage.isDrained(at: now))
        stage.table.drainDeadline = Instant(raw: 2_000)
        #expect(!stage.isDrained(at: now))
        #expect(stage.isDrained(at: Instant(raw: 2_000)))
        stage.end(reference)
        #expect(stage.isDrained(at: now))
    }
}
