import Platform
import Synchronization

/// Tells the threads of a server to come to an end, by stages.
struct StopFlag: Sendable {
    enum Stage: Int, Sendable {
        case none
        /// Acceptors: no new connections. They end before their readers do, which may then close
        /// what they were given without a race.
        case accepting
        /// Readers: finish what was begun.
        case draining
        /// Workers: nobody will bring another message.
        case workers
    }

    private let stage: Shared<Atomic<Int>>

    init() { stage = Shared(Atomic(Stage.none.rawValue)) }

    @inline(always)
    func isSet(_ wanted: Stage) -> Bool {
        stage.value.load(ordering: .acquiring) >= wanted.rawValue
    }

    func set(_ reached: Stage) { stage.value.store(reached.rawValue, ordering: .releasing) }

    func free() { stage.free() }
}
