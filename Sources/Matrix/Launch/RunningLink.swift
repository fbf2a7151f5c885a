import Basis
import Foundation
import Link
import Platform
import Report

/// Two networks with a round-trip time between them, kept by a process of their own for one launch.
/// Dropping it kills that process; the networks are gone with it and with who is in them.
struct RunningLink: ~Copyable {
    private enum Limit {
        /// To make the networks; a busy machine is slow at it.
        static let ready = Nanoseconds.seconds(10)
        static let stop = Nanoseconds.seconds(5)
    }

    /// Where a program of a launch runs, and where its server is found.
    struct Side: Sendable {
        /// Nil for that of this program.
        let network: NetworkNamespace?
        /// The address of the server, as it stands in a URL; nil for loopback.
        let server: String?

        /// With nothing between.
        static let loopback = Side(network: nil, server: nil)
    }

    /// The generator's.
    let near: Side
    /// The server's.
    let far: Side
    /// What carries the packets: tun or veth.
    let device: String
    private var process: ChildProcess

    /// Makes the link of `cell`.
    ///
    /// - Parameters:
    ///   - program: `switchyard`.
    ///   - cpus: for the forwarder.
    ///   - seed: of losses.
    init(
        _ link: CellLink, program: String, cpus: CPUSet?, seed: Int64
    ) throws(LaunchFailure) {
        var process = try Self.begin(program, Self.arguments(link, seed: seed), cpus: cpus)
        let place = try Self.place(&process)
        (near, far) = try Self.sides(place)
        device = place.device.rawValue
        self.process = process
    }

    private static func begin(
        _ program: String, _ arguments: [String], cpus: CPUSet?
    ) throws(LaunchFailure) -> ChildProcess {
        var options = SpawnOptions(program, arguments)
        options.cpus = cpus
        options.diesWithParent = true
        options.standardError = .captured
        do throws(SystemError) {
            return try ChildProcess(options)
        } catch {
            throw LaunchFailure("the link \(program) can't be started: \(error.reason)")
        }
    }

    /// Waits until the networks stand.
    private static func place(_ process: inout ChildProcess) throws(LaunchFailure) -> LinkPlace {
        guard let line = process.nextLine(timeout: Limit.ready) else {
            throw failure(&process, "made no network")
        }
        guard let value = try? JSONValue(parsing: line), let place = LinkPlace(json: value) else {
            throw failure(&process, "printed '\(line.prefix(120))' instead of its networks")
        }
        return place
    }

    private static func sides(
        _ place: LinkPlace
    ) throws(LaunchFailure) -> (near: Side, far: Side) {
        let server = LinkSide.far.addressText
        do throws(SystemError) {
            return (
                Side(network: try .open(place.near, rights: place.rights), server: server),
                Side(network: try .open(place.far, rights: place.rights), server: server)
            )
        } catch {
            throw LaunchFailure("the link's networks can't be entered: \(error.reason)")
        }
    }

    /// The command line of the link, without the program.
    static func arguments(_ link: CellLink, seed: Int64) -> [String] {
        var arguments = ["link", "--hold", "--json", "--rtt", "\(link.roundTrip.raw)ns"]
        if link.loss > 0 { arguments += ["--loss", link.lossText] }
        if let rate = link.rate { arguments += ["--rate", "\(rate)bit"] }
        return arguments + ["--seed", "\(seed)"]
    }

    var processID: Int32 { process.processID }

    /// Ends the link in order; what it did. Throws when it has ended before.
    mutating func stop() throws(LaunchFailure) -> LinkUsage {
        if process.wait(timeout: .zero) != nil {
            throw Self.failure(&process, "ended under load")
        }
        process.terminate()
        guard process.wait(timeout: Limit.stop)?.ending == .exited(0) else {
            throw Self.failure(&process, "did not end in order")
        }
        let words = process.remainingErrors(timeout: .seconds(1))
        // In front there may be notes.
        let line = words.split(separator: "\n").last ?? ""
        do {
            return try LinkUsage(report: try JSONValue(parsing: String(line)))
        } catch {
            throw LaunchFailure("the link's report can't be read: \(error)")
        }
    }

    /// Why the link has ended by itself; nil where it stands. To be asked when something has gone
    /// wrong: of a process that ends, the kernel takes the devices down before it says so.
    mutating func end() -> LaunchFailure? {
        if process.wait(timeout: .milliseconds(200)) == nil { return nil }
        return Self.failure(&process, "ended under load")
    }

    /// What became of a link, with its own words.
    private static func failure(_ process: inout ChildProcess, _ what: String) -> LaunchFailure {
        let ending = process.wait(timeout: .milliseconds(100))?.ending
        if ending == nil { process.killNow() }
        let words = lastLine(process.remainingErrors(timeout: .milliseconds(500)))
        let own = words.hasPrefix("switchyard: ") ? String(words.dropFirst(12)) : ""
        if !own.isEmpty { return LaunchFailure("the link \(what): \(own)") }
        if case .killed(let signal)? = ending {
            return LaunchFailure("the link \(what) by signal \(signal)")
        }
        return LaunchFailure("the link \(what)")
    }
}

/// Why this machine lets this user make no link, and how to mend that.
struct LinkProhibition: Error, Equatable {
    let problem: String
    let remedy: String
}

extension RunningLink {
    /// Makes a link and ends it; says what carries its packets.
    static func trial(program: String = Programs.own) throws(LinkProhibition) -> String {
        do throws(LaunchFailure) {
            var link = try RunningLink(CellLink(), program: program, cpus: nil, seed: 0)
            let device = link.device
            _ = try link.stop()
            return device
        } catch {
            // In front is what became of the link; a complaint ends in how to mend it.
            let words = error.reason.components(separatedBy: "; ")
            let what = words[0].components(separatedBy: ": ")
            throw LinkProhibition(
                problem: what.count > 1 ? what.dropFirst().joined(separator: ": ") : words[0],
                remedy: words.count > 1
                    ? words.dropFirst().joined(separator: "; ") : "run 'switchyard link' to see why"
            )
        }
    }
}
