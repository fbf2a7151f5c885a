import Basis
import Foundation
import Platform
import Serve

/// A server of one pattern that is stopped in order, and counts what it has answered.
struct SoakServer: ~Copyable {
    private var child: ChildProcess
    let port: UInt16

    private static let patience = Nanoseconds.seconds(30)

    init(_ pattern: PatternID, at path: String, clients: Int) throws(Complaint) {
        let threads =
            switch pattern {
            case .single, .threadPerConnection: 1
            // A pool serves as many connections at a time as it has threads, and some linger.
            case .blockingPool, .prefork: 4 * clients
            default: 3
            }
        var options = SpawnOptions(
            path,
            ["--listen", "127.0.0.1:0", "--pattern", pattern.rawValue, "--threads", "\(threads)"])
        options.diesWithParent = true
        var child = try Programs.spawn(options)
        port = try Programs.readyPort(
            of: &child, pattern.rawValue, within: Self.patience)
        self.child = child
    }

    /// How it has ended without having been asked to; nil while it runs.
    var end: ChildProcess.Ending? {
        mutating get { child.wait(timeout: .zero)?.ending }
    }

    /// Stops it in order; how many requests it has answered.
    mutating func stop() throws(Complaint) -> Int {
        child.terminate()
        let line = child.nextLine(timeout: Self.patience) ?? ""
        let ending = child.wait(timeout: Self.patience)?.ending
        guard let report = JSONText.object(line), ending == .exited(0),
            let workers = report["workers"] as? [[String: Any]]
        else {
            throw Complaint(
                "the server did not stop in order: \(ending.map { "\($0)" } ?? "it hangs")",
                remedy: "read what it says: \(line.prefix(200))", status: .failure)
        }
        return workers.reduce(0) { $0 + ($1["requests"] as? Int ?? 0) }
    }
}

/// A thread with a client.
final class SoakThread {
    private var thread: Platform.Thread?

    init(_ client: SoakClient) throws(Complaint) {
        do throws(SystemError) {
            thread = try Platform.Thread(named: "soak") {
                var client = client
                client.run()
            }
        } catch {
            throw error.complaint("a client can't start", remedy: "use fewer --clients")
        }
    }

    func join() { thread.take()?.join() }
}
