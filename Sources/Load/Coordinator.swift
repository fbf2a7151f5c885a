package import Basis
import Measure
package import Platform
import Report
import Secure
import Wire

/// Runs a plan: starts the generator threads, begins and ends the phases for all of them together,
/// shows progress, and puts what they bring home into one result.
package struct Coordinator: ~Copyable {
    private(set) var plan: LoadPlan
    private let signals: TerminationSignals
    private let poller: Poller
    let bell: EndBell
    /// Who asks for metrics; nil where nobody can.
    private var desk: MetricsDesk?
    let unixOffset = ClockOffset.read()
    private var total = LoadTally()
    private var intervals: [IntervalRecord] = []
    /// Where the next interval begins: when the threads last handed their counts over, in the mean.
    private var boundary = Instant(raw: 0)
    private var interruption = Interrupts()

    /// How a run can end without a result.
    package enum Failure: Error, Equatable {
        case complaint(Complaint)
        /// The user does not even want to wait for the report.
        case interrupted
    }

    /// - Parameter signals: made before any thread was, so that only this one takes them.
    package init(_ plan: LoadPlan, signals: consuming TerminationSignals) throws(SystemError) {
        let poller = try Poller()
        let bell = try EndBell()
        try signals.watch(with: poller, token: 0)
        try bell.watch(with: poller, token: 1)
        self.plan = plan
        self.poller = poller
        self.signals = signals
        self.bell = bell
    }

    /// Lets metrics be asked for from now on, if the plan says so, and says by which URL.
    package mutating func openMetrics() throws(Failure) -> String? {
        guard let address = plan.metrics else { return nil }
        do throws(SystemError) {
            let desk = try MetricsDesk(on: address)
            try desk.watch(with: poller)
            self.desk = desk
            return desk.url
        } catch {
            throw .complaint(
                error.complaint(
                    "can't serve metrics at \(address)",
                    remedy: "give another address with --metrics, such as 127.0.0.1:0"))
        }
    }

    /// - Parameter progress: called once a second.
    package mutating func run(
        progress: (LoadProgress) -> Void
    ) throws(Failure) -> LoadResult {
        try reserveDescriptors()
        if plan.opensFast {
            do throws(Complaint) { try FastOpen.check(.client) } catch { throw .complaint(error) }
        }
        // The other CPUs belong to the server.
        if let cpus = plan.cpus { try? cpus.bindThisThread() }
        let team = try connect()
        let company = try assembleCompany()
        let began = WallClock.nanoseconds
        let start = try start(after: MonotonicClock.now)
        begin(at: start)
        for member in team { member.control.begin(at: start) }
        try follow(team, from: start, progress: progress)
        let reports = company.compactMap { $0.dismiss() }
        var result = gather(team, began: Nanoseconds(raw: began), start: start)
        result.add(reports)
        return result
    }

    /// When the load begins: at once, or with the first of the turns that it shares.
    func start(after now: Instant) throws(Failure) -> Instant {
        let soonest = now + Nanoseconds.milliseconds(1)
        guard let turns = plan.turns else { return soonest }
        let away = max(turns.start.since(now), now.since(turns.start))
        guard turns.start > now ? away <= Limit.duration : away <= Limit.turnsAgo else {
            throw .complaint(
                Complaint(
                    "the turns of --turn begin \(away.display)"
                        + (turns.start > now ? " from now" : " ago"),
                    remedy: "count them from a moment that is just to come", status: .failure))
        }
        return max(soonest, turns.start)
    }

    /// The first interval begins here.
    mutating func begin(at start: Instant) { boundary = start }

    private func reserveDescriptors() throws(Failure) {
        let beside = plan.company.reduce(0) { $0 + $1.connections }
        let wanted = plan.connections + beside + plan.threads + Limit.spareDescriptors
        if DescriptorLimit.raise(to: wanted) { return }
        throw .complaint(
            Complaint(
                "\(plan.connections + beside) connections need \(wanted) open files, but the limit"
                    + " is \(DescriptorLimit.current.hard)",
                remedy: "raise it with `ulimit -n \(wanted)`, or give fewer --connections",
                status: .failure))
    }

    /// Starts threads and waits until every connection stands, at the first of the host's addresses
    /// where one can be made.
    private mutating func connect() throws(Failure) -> [GeneratorThread] {
        var tried: [String] = []
        while true {
            let team = try startThreads()
            guard let refusal = try awaitConnections(team) else { return team }
            let reason = reason(refusal)
            let address = team.lazy.compactMap(\.control.refusingAddress).first
            tried.append("\(address ?? plan.destination): \(reason)")
            guard refusal.isOfDestination, !team.contains(where: { $0.control.established > 0 }),
                !plan.alternatives.isEmpty
            else { throw .complaint(complaint(refusal, team, tried)) }
            for member in team { member.control.stop() }
            for member in team { _ = member.join() }
            plan.destination = plan.alternatives.removeFirst()
        }
    }

    /// Waits until every connection stands, or one is refused for good.
    private func awaitConnections(
        _ team: [GeneratorThread]
    ) throws(Failure) -> OpeningRefusal? {
        while team.contains(where: { $0.control.phase == .connecting }) {
            if let refusal = refusal(in: team) { return refusal }
            if signal(within: .milliseconds(1)) {
                throw .interrupted
            }
        }
        return refusal(in: team)
    }

    private func refusal(in team: [GeneratorThread]) -> OpeningRefusal? {
        for member in team {
            if let refusal = member.control.openingRefusal { return refusal }
        }
        return nil
    }

    func reason(_ refusal: OpeningRefusal) -> String {
        switch refusal {
        case .refused(.system(let error)) where plan.destination.isUnix && error.wouldBlock:
            "its queue of connections stayed full for \(plan.timeout.display)"
        case .refused(let error): error.reason
        case .sourceRefused(_, let error): error.reason
        case .declined(let reason): reason
        case .tookTooLong: "no answer within \(plan.timeout.display)"
        }
    }

    /// - Parameter tried: every address that was tried with its reason, the last one last.
    private func complaint(
        _ refusal: OpeningRefusal, _ team: [GeneratorThread], _ tried: [String]
    ) -> Complaint {
        if case .sourceRefused(let source, let error) = refusal {
            return Complaint(
                "can't send from \(source.numericHost): \(error.reason)",
                remedy: "name addresses of this machine in --source-ips", status: .failure)
        }
        let made = team.reduce(0) { $0 + $1.control.established }
        if made > 0 {
            let isUnix = plan.destination.isUnix
            return Complaint(
                "can't connect to \(tried.last ?? "\(plan.destination)"), after \(made) of"
                    + " \(plan.connections) connections",
                remedy: "let the server take more, give fewer --connections"
                    + (isUnix ? "" : ", or more --source-ips"),
                status: .failure)
        }
        let host = tried.count > 1 ? "\(plan.url.host) at " : ""
        return Complaint(
            "can't connect to \(host)\(tried.joined(separator: ", "))",
            remedy: refusal.remedy
                ?? ("start the server there, or mend the "
                    + (plan.destination.isUnix ? "path" : "URL")),
            status: .failure)
    }

    /// Waits for a signal or for the end of a thread, for ever where `span` is nil. Says whether it
    /// was a signal: both kinds mean the same, to end and say what there is.
    func signal(within span: Nanoseconds?) -> Bool {
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 4)
        try? kernel.wait(on: poller, for: &events, timeout: span.map { max(.zero, $0) })
        desk?.serve(with: poller) { LoadMetrics.text(of: total, plan) }
        return signals.next() != nil
    }

    /// Nobody is disturbed for counts that nobody looks at.
    private var wantsIntervals: Bool {
        !plan.isQuiet || plan.outputs.wantsIntervals || desk != nil
    }

    private mutating func follow(
        _ team: [GeneratorThread], from start: Instant, progress: (LoadProgress) -> Void
    ) throws(Failure) {
        var next = start + Limit.progressInterval
        // At the end the threads tell all they have, and nothing when they are asked.
        let end = start + plan.warmUp + plan.duration
        while team.contains(where: { $0.control.phase != .finished }) {
            if wantsIntervals, MonotonicClock.now >= next {
                if next < end { collect(team, start: start, progress: progress) }
                next = next + Limit.progressInterval
            }
            // Never to look whether something has happened: this thread may share its CPU with one
            // that a request is due on.
            if signal(within: wantsIntervals ? next.since(MonotonicClock.now) : nil) {
                interruption.note(after: MonotonicClock.now.since(start))
                switch interruption.count {
                case 1: for member in team { member.control.stop() }
                case 2: for member in team { member.control.endWait() }
                default: throw .interrupted
                }
            }
        }
    }

    /// Takes what the threads counted in the interval that ends when they hand it over.
    mutating func collect(
        _ team: [GeneratorThread], start: Instant, progress: (LoadProgress) -> Void
    ) {
        for member in team { member.control.askForCounts() }
        blockThread(for: Limit.tickLongest + Limit.tickLongest / 2)
        var interval = LoadTally()
        let end = takeCounts(of: team, into: &interval)
        let length = end.since(boundary)
        progress(LoadProgress(interval, plan: plan, elapsed: end.since(start), length: length))
        close(interval, at: end, start: start)
    }

    /// Adds what lies in the mailboxes to `interval`, and says when it was put there, in the mean.
    /// Where nothing was, that is now: a thread without a CPU has counted nothing either.
    private func takeCounts(of team: [GeneratorThread], into interval: inout LoadTally) -> Instant {
        var offers: [Nanoseconds] = []
        for member in team {
            guard let at = member.control.collect(into: &interval) else { continue }
            offers.append(at.since(boundary))
        }
        if offers.isEmpty { return max(boundary, MonotonicClock.now) }
        let sum = offers.reduce(Nanoseconds.zero, +)
        return max(boundary, boundary + sum / Int64(offers.count))
    }

    /// Ends an interval; the next one begins at the same instant. Samples lie behind the warm-up.
    private mutating func close(
        _ interval: borrowing LoadTally, at end: Instant, start: Instant, isLast: Bool = false
    ) {
        let began = max(boundary, start + plan.warmUp)
        if plan.outputs.wantsIntervals {
            let record = IntervalRecord(
                interval, start: began.since(start), length: max(.zero, end.since(began)))
            // A second in which nothing came is told, too; the wait for the end is none.
            if !record.isEmpty || !isLast && record.length > .zero { intervals.append(record) }
        }
        total.add(interval)
        boundary = end
    }

    /// Waits for the threads and adds up what they bring home, also what they handed over after the
    /// last look into their mailboxes.
    mutating func gather(
        _ team: [GeneratorThread], began: Nanoseconds, start: Instant
    ) -> LoadResult {
        var result = LoadResult(plan: plan, began: began, interruption: interruption)
        var rest = LoadTally()
        for member in team {
            let outcome = member.join()
            _ = member.control.collect(into: &rest)
            guard var outcome else { continue }
            rest.add(outcome.takeTally())
            result.add(outcome)
        }
        close(rest, at: MonotonicClock.now, start: start, isLast: true)
        result.add(total, intervals: intervals)
        return result
    }
}
