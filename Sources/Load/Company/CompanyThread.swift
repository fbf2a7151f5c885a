import Basis
import Platform
import Report
import Secure

/// The thread of a company as the coordinator holds it.
final class CompanyThread {
    let script: CompanyScript
    let control: CompanyControl
    private let outcome = Outcome()
    private var thread: Platform.Thread?

    private final class Outcome: Sendable {
        let report = Guarded<CompanyReport?>(nil)
    }

    init(_ script: CompanyScript, _ plan: GeneratorPlan) throws(SystemError) {
        self.script = script
        let control = try CompanyControl()
        let outcome = outcome
        self.control = control
        thread = try Platform.Thread(named: "load-beside") {
            do throws(SystemError) {
                var company = try Company(
                    script, plan: plan, control: control, kernel: LinuxKernel(),
                    time: MonotonicTime())
                let report = company.run()
                outcome.report.withLock { $0 = report }
            } catch {
                control.report(.refused(.system(error)))
            }
        }
    }

    /// Ends it, and says what became of it.
    func dismiss() -> CompanyReport? {
        control.stop()
        thread.take()?.join()
        return outcome.report.withLock { $0 }
    }
}
