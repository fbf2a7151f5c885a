import Basis
import Platform
import Secure

/// One generator thread as the coordinator holds it.
final class GeneratorThread {
    private let plan: GeneratorPlan
    private let bell: EndBell?
    let control = GeneratorControl()
    private let outcome = Outcome()
    private var thread: Platform.Thread?

    private final class Outcome: Sendable {
        let result = Guarded<GeneratorResult?>(nil)
    }

    init(_ plan: GeneratorPlan, bell: EndBell? = nil) {
        self.plan = plan
        self.bell = bell
    }

    func start<
        Stream: StreamTransport & SendableMetatype & ~Copyable,
        Client: ProtocolClient & ~Copyable, Pace: Pacing
    >(
        over stream: Stream.Type, _ context: Stream.Context,
        speaking client: @escaping @Sendable () -> Client, pacing: Pace
    ) throws(Coordinator.Failure) {
        let plan = plan
        let bell = bell
        let control = control
        let outcome = outcome
        do throws(SystemError) {
            thread = try Platform.Thread(named: "load-\(plan.index)") {
                Platform.Thread.setTimerSlack(Nanoseconds(raw: 1))
                if let cpu = plan.cpu { try? CPUSet([cpu]).bindThisThread() }
                do throws(SystemError) {
                    var generator = try Generator<LinuxKernel, Stream, Client, Pace, MonotonicTime>(
                        plan: plan, control: control, kernel: LinuxKernel(), context: context,
                        client: client(), pacing: pacing, time: MonotonicTime())
                    var result = generator.run()
                    outcome.result.withLock { swap(&$0, &result) }
                } catch {
                    control.fail(error)
                }
                bell?.ring()
            }
        } catch {
            throw .complaint(
                error.complaint("a generator thread can't start", remedy: "use fewer --threads"))
        }
    }

    /// Waits for the thread's end.
    func join() -> GeneratorResult? {
        thread.take()?.join()
        return outcome.result.withLock { $0.take() }
    }
}
