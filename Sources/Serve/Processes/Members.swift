import Basis
import Platform
import Secure

/// The processes of a server whose pattern consists of such, as the first of them knows them: they
/// are asked for their counts, told to stop, and watched.
final class Members {
    private let members: [Member]
    /// What the payments of one server are remembered in.
    private static let storeName = "payments-\(currentProcessID)"

    /// Forks the processes and waits until each serves. Only while this process has one thread.
    init(
        _ pattern: any ProcessPattern, _ shares: ProcessShares, _ options: ServerOptions,
        _ tls: TLSContext?
    ) throws(Complaint) {
        var options = options
        let folder = try Self.openStore(for: &options)
        // All have opened it by then.
        defer { folder?.remove(Self.storeName) }
        var members: [Member] = []
        for (index, share) in shares.members.enumerated() {
            do throws(SystemError) {
                members.append(
                    try Member { channel in
                        MemberServer.serve(
                            pattern, index, share, options.ofMember(index), tls, over: channel)
                    })
            } catch {
                throw error.complaint(
                    "can't start \(shares.members.count) processes",
                    remedy: "raise the limit of processes (ulimit -u) or lower --threads")
            }
        }
        for member in members {
            let answer = member.channel.receive(within: nil)
            if answer != MemberServer.ready {
                throw Complaint(
                    answer ?? "a process of the server has ended before it served",
                    remedy: "see the limits of the system", status: .failure)
            }
        }
        self.members = members
    }

    /// Payments that all processes remember lie in a file; in one of theirs where none was named.
    private static func openStore(
        for options: inout ServerOptions
    ) throws(Complaint) -> PrivateFolder? {
        if options.payments.store != nil { return nil }
        do throws(SystemError) {
            let folder = try PrivateFolder(makesIt: true)
            options.payments.store = folder.path(of: storeName)
            return folder
        } catch {
            throw error.complaint(
                "can't make \(PrivateFolder.place), where processes share payments",
                remedy: "give a file with --payment-store")
        }
    }

    var processIDs: [Int32] { members.map(\.processID) }

    func watchEnds(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        for member in members { try member.watchEnd(with: poller, token: token) }
    }

    /// The counts of this process, and of all others behind them.
    func snapshot(_ own: JSONValue) -> JSONValue {
        for member in members { member.channel.send(MemberServer.snapshot) }
        return members.reduce(own) { $0.adding($1.channel.receive(within: .seconds(5))) }
    }

    /// Lets every process finish what it has begun, and waits for it. `own` says what this one has
    /// counted by then. Adds what they have counted, and says whether all ended well.
    func dismiss(_ own: JSONValue) -> (JSONValue, Bool) {
        for member in members { member.channel.send(MemberServer.stop) }
        let last = members.reduce(own) { $0.adding($1.channel.receive(within: nil)) }
        let hasEndedWell = members.reduce(true) { $1.wait(within: .seconds(5)) && $0 }
        return (last, hasEndedWell)
    }
}

extension ServerOptions {
    /// Those of the process with this number: it has one thread.
    fileprivate func ofMember(_ index: Int) -> ServerOptions {
        var options = self
        options.threads = 1
        if let cpus = cpus?.cpus, !cpus.isEmpty {
            options.cpus = CPUSet([cpus[index % cpus.count]])
        }
        return options
    }
}

extension JSONValue {
    /// A process's counts with those of another one, whose line this is: threads behind each other,
    /// sums of the rest.
    fileprivate func adding(_ line: String?) -> JSONValue {
        guard let line, let other = try? JSONValue(parsing: line), case .object(var fields) = self
        else { return self }
        for index in fields.indices {
            let name = fields[index].name
            switch (fields[index].value, other[name]) {
            case (.array(let own), .array(let more)?):
                let numbered = more.enumerated().map { $1.numbered(own.count + $0) }
                fields[index].value = .array(own + numbered)
            case (.integer(let own), .integer(let more)?) where name != "monotonic_ns":
                fields[index].value = .integer(own + more)
            default: break
            }
        }
        return .object(fields)
    }

    private func numbered(_ number: Int) -> JSONValue {
        guard case .object(var fields) = self else { return self }
        for index in fields.indices where fields[index].name == "worker" {
            fields[index].value = .integer(Int64(number))
        }
        return .object(fields)
    }
}
