import Basis
import Report

/// What the command line says of connections beside the measured ones.
extension LoadOptions {
    static let companySpecs: [OptionSpec] = [
        .init("idle", value: "N", help: "open N further connections that never ask (0)"),
        .init(
            "slow-readers", value: "N:RATE",
            help: "open N more that read RATE bytes/s of an answer"),
        .init(
            "slow-senders", value: "N:RATE",
            help: "open N more that send RATE bytes/s of a request"),
    ]

    static func company(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        plan.idle = try options.count("idle", in: 0...Limit.connections) ?? 0
        plan.slowReaders = try slowPeers("slow-readers", options)
        plan.slowSenders = try slowPeers("slow-senders", options)
        for name in ["idle", "slow-readers", "slow-senders"]
        where options.has(name) && plan.url.isSecure {
            throw Complaint(
                "--\(name) opens plain connections, which a server of https takes for broken",
                remedy: "leave it out, or give an http:// URL")
        }
    }

    private static func slowPeers(
        _ name: String, _ options: ParsedOptions
    ) throws(Complaint) -> SlowPeers? {
        guard let text = options.text(name) else { return nil }
        if let peers = SlowPeers(parsing: text) { return peers }
        throw Complaint("--\(name) '\(text)' says not how many of what", remedy: SlowPeers.remedy)
    }
}
