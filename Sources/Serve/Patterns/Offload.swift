import Platform
import Secure

/// `offload`: one loop does everything but what would hold its thread, `/work` and `/block`, which
/// N workers do by one queue (Flash's AMPED, Pai et al. 1999; nginx's thread pools). On a
/// connection whose replies have an order, what comes behind such a request goes the same way.
struct Offload: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        try crew.startTeam(.shared, answersItself: true, kind: kind)
    }
}
