package import Basis
import Platform

/// What is to be done with a link.
package struct LinkRequest: Sendable {
    package var settings: LinkSettings
    /// The program on the near side and its arguments; empty to keep the link for others, until
    /// the end is asked for.
    package var command: [String] = []
    /// The same on the far side, begun first and ended last; empty for none.
    package var farCommand: [String] = []
    /// The near command begins when something on the far side takes TCP connections to this port.
    package var awaitedPort: UInt16?

    package init(_ settings: LinkSettings, command: [String] = []) {
        self.settings = settings
        self.command = command
    }
}

/// How a link came to its end.
package struct LinkEnd: Sendable {
    /// The exit status of the near command, or 128 and the number of the signal that ended it; of
    /// a command that can't be run 126, or 127 when there is none, as env(1) has it. 0 where a link
    /// without one was asked to end.
    package var status: Int32
    /// What kept the near command from running, or from going on.
    package var complaint: Complaint?
    /// How the far command failed when it did so by itself.
    package var note: String?
    /// Nil when nothing could be carried.
    package var report: LinkReport?
}

/// One link from its making to its end.
package struct LinkSession: ~Copyable {
    private enum Token {
        static let signals: UInt64 = 0
        static let near: UInt64 = 1
        static let far: UInt64 = 2
        static let children: UInt64 = 3
        static let forwarder: UInt64 = 4
    }

    /// What a wait saw.
    private struct Seen {
        var signal: TerminationSignals.Signal?
        var childChanged = false
        var forwarderFailed = false
    }

    private let request: LinkRequest
    private let signals: TerminationSignals
    private let children: ChildSignals?
    private let terminal: ControllingTerminal?
    private let near: NetworkNamespace
    private let far: NetworkNamespace
    private let device: LinkSettings.Device
    private let isUnprivileged: Bool
    /// What could not be set inside, each a line for a person.
    package let notes: [String]
    private let forwarder: ForwarderThread
    private let poller: Poller
    private var events = EventBuffer()
    private var kernel = LinuxKernel()
    private var farChild: ChildProcess?
    private var farEnding: ChildProcess.Ending?

    /// Makes the link. This program must have one thread only, which gets its own network by it.
    package init(_ request: LinkRequest) throws(Complaint) {
        let terminal = ControllingTerminal()
        let signals = try Self.mapped { () throws(SystemError) in try TerminationSignals() }
        let children =
            terminal == nil
            ? nil : try Self.mapped { () throws(SystemError) in try ChildSignals() }
        let poller = try Self.mapped { () throws(SystemError) in try Poller() }
        let network = try LinkNetwork(request.settings.device)
        let (near, far, device) = (network.near, network.far, network.device)
        let (isUnprivileged, notes) = (network.isUnprivileged, network.notes)
        Self.export(network)
        let forwarder = try Self.forwarder(network.takePorts(), request.settings)
        try Self.mapped { () throws(SystemError) in
            try forwarder.watchFailure(with: poller, token: Token.forwarder)
            try signals.watch(with: poller, token: Token.signals)
            switch children {
            case .some(let children): try children.watch(with: poller, token: Token.children)
            case nil: break
            }
        }
        self.request = request
        self.terminal = terminal
        self.signals = signals
        self.children = children
        self.poller = poller
        self.near = near
        self.far = far
        self.device = device
        self.isUnprivileged = isUnprivileged
        self.notes = notes
        self.forwarder = forwarder
    }

    private static func forwarder(
        _ ports: consuming LinkNetwork.Ports, _ settings: LinkSettings
    ) throws(Complaint) -> ForwarderThread {
        do throws(SystemError) {
            return try ForwarderThread(ports, settings)
        } catch {
            throw complaint(error)
        }
    }

    private static func mapped<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(Complaint) -> Value {
        try SystemError.mapping(to: complaint, body)
    }

    private static func complaint(_ error: SystemError) -> Complaint {
        error.complaint("can't begin the link, \(error.call)", remedy: "end other programs")
    }

    /// What both commands find in their environment.
    private static func export(_ network: borrowing LinkNetwork) {
        Environment.set("SWITCHYARD_NEAR", LinkSide.near.addressText)
        Environment.set("SWITCHYARD_FAR", LinkSide.far.addressText)
        Environment.set("SWITCHYARD_NEAR_NETWORK", network.near.path)
        Environment.set("SWITCHYARD_FAR_NETWORK", network.far.path)
    }

    /// Runs the commands to the end of the near one.
    ///
    /// - Parameter tell: called where there is no near command, when others may enter the networks.
    package mutating func run(tell: (LinkPlace) -> Void = { _ in }) -> LinkEnd {
        var end = LinkEnd(status: 0)
        do throws(Failure) {
            try startFar()
            try awaitFar()
            if request.command.isEmpty {
                tell(place)
                try keep()
            } else {
                end.status = try runNear()
            }
        } catch {
            end.complaint = error.complaint
            end.status = error.status
        }
        if let farEnding, farEnding != .exited(0) {
            end.note = "the far command \(Self.words(farEnding)) before the near one"
        }
        endFar()
        switch forwarder.end() {
        case .success(let outcome):
            end.report = LinkReport(
                settings: request.settings, device: device, isUnprivileged: isUnprivileged,
                outcome: outcome)
        case .failure(let error):
            end.complaint =
                end.complaint
                ?? error.complaint(
                    "the link broke, \(error.call)", remedy: "leave the device link0 to it")
            end.status = ExitStatus.failure.rawValue
        }
        return end
    }

    /// Why there is no near command, or none any more.
    private struct Failure: Error {
        /// Nil where the user knows it.
        var complaint: Complaint?
        let status: Int32

        init(_ complaint: Complaint, status: Int32? = nil) {
            self.complaint = complaint
            self.status = status ?? complaint.status.rawValue
        }

        /// This program was ended by a signal.
        init(_ signal: TerminationSignals.Signal) {
            status = signal == .interrupt ? ExitStatus.interrupted.rawValue : 143
        }
    }

    // MARK: - The far command

    private mutating func startFar() throws(Failure) {
        guard !request.farCommand.isEmpty else { return }
        var options = Self.options(request.farCommand)
        options.network = far
        // The output of the near command is what the user redirects.
        options.standardOutput = .errors
        farChild = try start(options, token: Token.far)
    }

    private mutating func awaitFar() throws(Failure) {
        guard let port = request.awaitedPort else { return }
        let deadline = MonotonicClock.now + Limit.readyTime
        while !ListeningPorts.contain(port) {
            let seen = try wait(until: min(deadline, MonotonicClock.now + Limit.readyStep))
            if let signal = seen.signal { throw Failure(signal) }
            if let farEnding {
                self.farEnding = nil
                throw Failure(
                    Complaint(
                        "the far command \(Self.words(farEnding)) before it listened on port"
                            + " \(port)",
                        remedy: "run it by itself to see why", status: .failure))
            }
            if MonotonicClock.now >= deadline {
                throw Failure(
                    Complaint(
                        "the far command does not listen on port \(port) after"
                            + " \(Limit.readyTime.display)",
                        remedy: "let it listen on \(LinkSide.far.addressText) or 0.0.0.0",
                        status: .failure))
            }
        }
    }

    /// Asks it to end, and kills it when it does not, or at the next signal.
    private mutating func endFar() {
        guard farChild != nil else { return }
        farChild?.terminate()
        let deadline = MonotonicClock.now + Limit.endTime
        while farChild != nil, MonotonicClock.now < deadline {
            guard let seen = try? wait(until: deadline), seen.signal == nil else { break }
        }
        // What is still there is killed with its group.
        farChild = nil
    }

    // MARK: - The near command

    private mutating func runNear() throws(Failure) -> Int32 {
        var options = Self.options(request.command)
        options.network = near
        options.standardInput = .inherit
        options.standardOutput = .inherit
        options.terminal = terminal
        defer { terminal?.takeBack() }
        var child = try start(options, token: Token.near)
        while true {
            if let end = child.wait(timeout: .zero) { return Self.status(end.ending) }
            let seen = try wait(until: .distantFuture)
            switch seen.signal {
            case .interrupt: child.interrupt()
            case .terminate: child.terminate()
            case nil: break
            }
            if seen.forwarderFailed { child.killNow() }
            if seen.childChanged, child.wasStopped { pause(with: child) }
        }
    }

    /// Does as the near command does that was stopped from the terminal, and lets it go on with
    /// this program.
    private func pause(with child: borrowing ChildProcess) {
        guard let terminal else { return }
        terminal.takeBack()
        terminal.stopGroup()
        if terminal.isOwn { terminal.lend(to: child) }
        child.proceed()
    }

    // MARK: - No command

    private var place: LinkPlace {
        LinkPlace(
            near: near.path, far: far.path, rights: isUnprivileged ? UserNamespace.path : nil,
            device: device)
    }

    /// Waits until the end is asked for, or the forwarder fails.
    private mutating func keep() throws(Failure) {
        while true {
            let seen = try wait(until: .distantFuture)
            if seen.signal != nil || seen.forwarderFailed { return }
        }
    }

    // MARK: - Both

    private static func options(_ command: [String]) -> SpawnOptions {
        var options = SpawnOptions(command[0], Array(command.dropFirst()))
        options.diesWithParent = true
        return options
    }

    private func start(_ options: SpawnOptions, token: UInt64) throws(Failure) -> ChildProcess {
        do throws(SystemError) {
            let child = try ChildProcess(options)
            try child.watchEnd(with: poller, token: token)
            return child
        } catch {
            throw Failure(
                error.complaint(
                    "can't run '\(options.program)'", remedy: "check its name and its rights"),
                status: error.isMissingFile ? 127 : 126)
        }
    }

    /// Sleeps until something happens or until `deadline`; a far command that ends is taken note of
    /// here.
    private mutating func wait(until deadline: Instant) throws(Failure) -> Seen {
        let timeout: Nanoseconds? =
            deadline == .distantFuture ? nil : max(.zero, deadline.since(MonotonicClock.now))
        do throws(SystemError) {
            try kernel.wait(on: poller, for: &events, timeout: timeout)
        } catch {
            throw Failure(Self.complaint(error))
        }
        var seen = Seen()
        for index in events.indices {
            switch events[index].token {
            case Token.signals: seen.signal = signals.next()
            case Token.far:
                if let end = farChild?.wait(timeout: .zero) {
                    farEnding = end.ending
                    farChild = nil
                }
            case Token.children:
                seen.childChanged = true
                switch children {
                case .some(let children): children.take()
                case nil: break
                }
            case Token.forwarder: seen.forwarderFailed = true
            default: break
            }
        }
        return seen
    }

    private static func status(_ ending: ChildProcess.Ending) -> Int32 {
        switch ending {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    private static func words(_ ending: ChildProcess.Ending) -> String {
        switch ending {
        case .exited(let status): "ended with status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        }
    }
}
