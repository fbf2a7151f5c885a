import Basis
import Platform
import Report

/// What the programs of this version can carry out of what a matrix can say. Asking for more is
/// refused before anything starts, not found out launch by launch.
enum Abilities {
    static func check(_ cells: [Cell]) throws(Complaint) {
        for cell in cells {
            if let asked = askedOfForeign(cell) {
                throw Complaint(
                    "cell \(cell.id) asks server \(cell.server) for \(asked), which is its own"
                        + " affair",
                    remedy: "write \"load\" where the generator alone is meant, or leave it out")
            }
            guard let missing = missing(cell) else { continue }
            throw Complaint(
                "cell \(cell.id) asks for \(missing), which this version does not speak",
                remedy: "leave such cells out with exclude or --filter")
        }
    }

    /// Refuses what a run would. Of patterns nothing is known where there is no server to ask, in
    /// `folder` or beside this program.
    static func check(_ cells: [Cell], bin folder: String?) throws(Complaint) {
        try check(cells)
        if let folder {
            try checkPatterns(cells, try Programs.find(in: folder))
        } else if let programs = try? Programs.find(in: nil) {
            try checkPatterns(cells, programs)
        }
        try checkMachine(cells)
    }

    /// Refuses what the programs or the limits of this process can't carry out, before a folder is
    /// made for it.
    static func check(_ cells: [Cell], _ programs: Programs) throws(Complaint) {
        try checkPatterns(cells, programs)
        try checkMachine(cells)
    }

    /// Refuses what this machine, or what this user may do on it, has no room for.
    private static func checkMachine(_ cells: [Cell]) throws(Complaint) {
        try checkDescriptors(cells)
        try checkFastOpen(cells)
        try checkLinks(cells)
    }

    /// Refuses cells with TCP Fast Open where the machine does not let both ends do it. In the
    /// networks of a link they always may.
    static func checkFastOpen(
        _ cells: [Cell], setting: Int? = FastOpen.setting
    ) throws(Complaint) {
        // A server that runs already has a machine of its own, or has been told.
        func needed(_ cell: Cell) -> Int { cell.isOutside ? 1 : 3 }
        let cells = cells.filter { $0.churn.opensFast && $0.link.isLoopback }
        guard let cell = cells.max(by: { needed($0) < needed($1) }) else { return }
        if let setting, setting & needed(cell) == needed(cell) { return }
        throw Complaint(
            "cell \(cell.id) needs net.ipv4.tcp_fastopen=\(needed(cell)), which is"
                + " \(setting.map { "\($0)" } ?? "missing") here",
            remedy:
                "run: sysctl net.ipv4.tcp_fastopen=\(needed(cell)), or leave such cells out with"
                + " --filter 'fastopen=off'",
            status: .failure)
    }

    /// Refuses cells with a link where none can be made.
    ///
    /// - Parameter trial: makes one; only called for such cells.
    static func checkLinks(
        _ cells: [Cell],
        trial: () throws(LinkProhibition) -> String = { () throws(LinkProhibition) in
            try RunningLink.trial()
        }
    ) throws(Complaint) {
        guard let cell = cells.first(where: { !$0.link.isLoopback }) else { return }
        do throws(LinkProhibition) {
            _ = try trial()
        } catch {
            throw Complaint(
                "cell \(cell.id) needs a link: \(error.problem)",
                remedy: "\(error.remedy); or leave such cells out with --filter 'rtt=0'",
                status: .failure)
        }
    }

    /// Refuses cells whose answers would all come too late.
    static func check(_ cells: [Cell], timeout: Nanoseconds) throws(Complaint) {
        guard let cell = cells.first(where: { $0.link.roundTrip >= timeout }) else { return }
        throw Complaint(
            "cell \(cell.id) has a round trip of \(cell.link.roundTrip.display), and an answer may"
                + " take \(timeout.display)", remedy: "give a longer timeout in its defaults")
    }

    private static func checkDescriptors(_ cells: [Cell]) throws(Complaint) {
        guard let most = cells.max(by: { $0.connectionsInAll < $1.connectionsInAll })
        else { return }
        let needed = most.connectionsInAll + descriptorsBeside
        guard DescriptorLimit.mayRaise(to: needed) else {
            let hard = DescriptorLimit.current.hard
            throw Complaint(
                "cell \(most.id) needs \(needed) open files, and the limit is \(hard)",
                remedy: "run: ulimit -n \(needed), or leave it out with --filter",
                status: .failure)
        }
    }

    /// The largest payload that the bench service makes.
    private static let grpcPayloadBytes = 4 * 1_024 * 1_024

    /// The longest mix: it goes to the generator as one argument (execve(2), MAX_ARG_STRLEN).
    private static let mixBytes = 64 * 1_024

    /// Open files of a server or generator that are no connections.
    static let descriptorsBeside = 1_024

    private static func checkPatterns(
        _ cells: [Cell], _ programs: Programs
    ) throws(Complaint) {
        // A server of another version may not say what it knows; then it tells when it starts.
        let known = (capture([programs.server, "--patterns"]) ?? "").split(separator: "\n")
            .map(String.init)
        if known.isEmpty { return }
        for cell in cells {
            guard cell.server == Cell.builtIn, let pattern = cell.pattern,
                !known.contains(pattern)
            else { continue }
            let families = Set(known.map { String($0.prefix { $0 != ":" }) })
            let near =
                nearestName(to: pattern, among: known + families.sorted())
                .map { "did you mean \($0)? " } ?? ""
            throw Complaint(
                "pattern '\(pattern)' of cell \(cell.id) is unknown to \(programs.server)",
                remedy: near + "choose from \(known.joined(separator: ", "))")
        }
    }

    /// What only this project's server can be told. Of TCP_NODELAY another server's cells have
    /// always told the generator alone.
    private static func askedOfForeign(_ cell: Cell) -> String? {
        if cell.server == Cell.builtIn { return nil }
        if cell.quickack.haveServer { return "quickack" }
        if cell.cork.haveServer { return "cork" }
        return cell.replyShape == .one ? nil : "a reply_shape"
    }

    private static func missing(_ cell: Cell) -> String? {
        if cell.arrival == .subscribe, cell.language != .sse, cell.language != .ws {
            return "events with protocol \(cell.language.rawValue)"
        }
        if cell.language == .grpc, !cell.answersAreItsOwn, cell.payload.raw > grpcPayloadBytes {
            return "messages of more than 4 MiB"
        }
        if let rate = cell.churn.rate {
            if cell.arrival == .subscribe { return "connections that subscribe at a rate" }
            if cell.arrival.question != nil { return "a search with a connection_rate" }
            let due = rate.raw * Double(cell.churn.requests ?? 1)
            if cell.arrival.rate?.raw != due { return "a rate and a connection_rate together" }
        }
        if cell.arrival == .subscribe, cell.churn.requests != nil {
            return "requests on connections that subscribe"
        }
        if cell.churn.opensFast, cell.tls == .off, cell.language != .ws,
            cell.arrival.rate != nil || cell.arrival.question != nil, cell.churn.rate == nil
        {
            return "fastopen at a rate without TLS, whose SYNs leave before a request is due"
        }
        if cell.streams != 1, cell.language == .h1 || cell.language == .sse {
            return "streams with protocol \(cell.language.rawValue)"
        }
        if cell.burst != 1, cell.arrival.rate == nil { return "bursts without a rate" }
        if cell.skew != .even {
            if cell.arrival.rate == nil || cell.churn.rate != nil {
                return "a skew without a rate of requests"
            }
            if cell.churn.requests != nil { return "a skew of connections that end" }
        }
        if cell.company.count > 0, cell.tls != .off {
            return "connections beside the load with tls"
        }
        if cell.mix != nil, cell.path != nil { return "a mix and a path together" }
        if let mix = cell.mix, mix.json.compact.utf8.count > mixBytes {
            return "a mix of more than 64 KiB"
        }
        if cell.mix != nil, cell.language != .h1 && cell.language != .h2 {
            return "a mix with protocol \(cell.language.rawValue)"
        }
        if cell.pipeline != 1, cell.language != .h1 {
            return "pipelining with protocol \(cell.language.rawValue)"
        }
        return nil
    }
}
