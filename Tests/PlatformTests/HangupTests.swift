import Glibc
import Platform
import Testing

@Suite("the end of a terminal")
struct HangupTests {
    /// In a process of its own, for it changes how signals are taken.
    @Test("SIGHUP asks to terminate, and not where it is ignored as by nohup")
    func hangup() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals()
            raise(SIGHUP)
            #expect(signals.next() == .terminate)
            #expect(signals.next() == nil)
        }
        await #expect(processExitsWith: .success) {
            signal(SIGHUP, SIG_IGN)
            let signals = try TerminationSignals()
            raise(SIGHUP)
            #expect(signals.next() == nil)
            raise(SIGINT)
            #expect(signals.next() == .interrupt)
        }
    }
}
