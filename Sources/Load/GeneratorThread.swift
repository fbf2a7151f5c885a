import Basis
import Platform
import Secure
import Synchronization

/// One generator thread as the coordinator holds it.
final class GeneratorThread {
    private let plan: WorkerPlan
    let control = WorkerControl()
    private let outcome = Outcome()
    private var thread: Platform.Thread?

    private final class Outcome: Sendable {
        let result = Mutex<WorkerResult?>(nil)
    }

    init(_ plan: WorkerPlan) { self.plan = plan }

    func start<
        Stream: StreamTransport & SendableMetatype & ~Copyable,
        Client: ProtocolClient & ~Copyable, Pace: Pacing
    >(
        over stream: Stream.Type, speaking client: @escaping @Sendable () -> Client, pacing: Pace
    ) throws(Coordinator.Failure) {
        let plan = plan
        let control = control
        let outcome = outcome
        do throws(SystemError) {
            thread = try Platform.Thread(named: "load-\(plan.index)") {
                Platform.Thread.setTimerSlack(Nanoseconds(raw: 1))
                if let cpu = plan.cpu { try? CPUSet([cpu]).bindThisThread() }
                do throws(SystemError) {
                    var worker = try Worker<LinuxKernel, Stream, Client, Pace, MonotonicTime>(
                        plan: plan, control: control, kernel: LinuxKernel(), client: client(),
                        pacing: pacing, time: MonotonicTime())
                    var result = worker.run()
                    outcome.result.withLock { swap(&$0, &result) }
                } catch {
                    control.fail(error)
                }
            }
        } catch {
            throw .complaint(
                error.complaint("a generator thread can't start", remedy: "use fewer --threads"))
        }
    }

    /// Waits for the thread's end.
    func join() -> WorkerResult? {
        thread.take()?.join()
        return outcome.result.withLock { $0.take() }
    }
}
