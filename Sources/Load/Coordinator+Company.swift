import Basis
import Platform
import Report

/// Connections beside the measured ones (`Company`).
extension Coordinator {
    /// Opens them, kind by kind, so that all stand before the load begins.
    func assembleCompany() throws(Failure) -> [CompanyThread] {
        var company: [CompanyThread] = []
        var share = plan.share(ofThread: 0)
        share.sources = plan.sources
        for script in plan.company {
            let member: CompanyThread
            do throws(SystemError) {
                member = try CompanyThread(script, share)
            } catch {
                throw .complaint(
                    error.complaint(
                        "the thread of \(script.named) can't start", remedy: "ask for none"))
            }
            try awaitConnections(member)
            company.append(member)
        }
        return company
    }

    private func awaitConnections(_ member: CompanyThread) throws(Failure) {
        while !member.control.isReady {
            if let refusal = member.control.openingRefusal {
                throw .complaint(
                    Complaint(
                        "can't open \(member.script.named) to \(plan.destination):"
                            + " \(reason(refusal)), after \(member.control.established)",
                        remedy: "let the server take more, or give fewer", status: .failure))
            }
            if signal(within: .milliseconds(1)) { throw .interrupted }
        }
    }
}

extension CompanyScript {
    fileprivate var named: String { "\(connections) \(kind.named(connections))" }
}
