import Basis
import Foundation
import Platform
import Serve

/// `switchyard-micro soak`: whether any pattern loses, doubles or reorders an answer, whatever its
/// clients do and however often it is stopped.
enum SoakCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro soak",
        summary: "Proves that no answer is lost, doubled or out of order, by millions of requests.",
        options: [
            OptionSpec("pattern", value: "ID", help: "this pattern alone (all)"),
            OptionSpec("requests", short: "n", value: "N", help: "of each pattern (5M)"),
            OptionSpec("clients", short: "c", value: "N", help: "connections at a time (12)"),
            OptionSpec("stops", value: "N", help: "how often the server is stopped (8)"),
            OptionSpec("server", value: "PATH", help: "the server to drive (that of this build)"),
            OptionSpec("seed", value: "N", help: "of what the clients do (random)"),
        ],
        epilogue: """
            Clients pipeline, send in pieces, leave, reset, end their half and stop in the middle;
            servers are stopped in order while they do. exit status: 0 all as it should be, 1 not
            """)

    private struct Settings {
        let requests: Int
        let clients: Int
        let stops: Int
        let server: String
        let seed: UInt64
    }

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let named = options.text("server")
        let server = if let named { named } else { try Programs.built("switchyard-server") }
        guard FileManager.default.isExecutableFile(atPath: server) else {
            throw Complaint("there is no program '\(server)'", remedy: "name a switchyard-server")
        }
        let settings = Settings(
            requests: try options.count("requests", in: 1...1_000_000_000) ?? 5_000_000,
            clients: try options.count("clients", in: 1...1_000) ?? 12,
            stops: try options.count("stops", in: 1...10_000) ?? 8,
            server: server,
            seed: UInt64(
                try options.count("seed", in: 0...Int(SeededGenerator.seeds.upperBound))
                    ?? .random(in: 0..<1_000_000_000)))
        let only = try options.text("pattern").map { text throws(Complaint) in
            try PatternID(parsing: text)
        }
        print("seed \(settings.seed)")
        var isGood = true
        for pattern in PatternID.allCases where only == nil || only == pattern {
            let board = SoakBoard(requests: settings.requests)
            let began = MonotonicClock.now
            let served = try drive(pattern, board, settings)
            let text = verdict(board, served)
            isGood = isGood && text == nil
            let seconds = Int(MonotonicClock.now.since(began).inSeconds)
            let counts = summary(board.counts)
            print("\(pattern.rawValue): \(counts), \(seconds) s: \(text ?? "good")")
        }
        return isGood ? .success : .failure
    }

    private static func summary(_ counts: SoakBoard.Counts) -> String {
        "\(counts.asked) asked, \(counts.answered) answered, \(counts.abandoned) left by clients,"
            + " \(counts.cut) by servers that stopped, \(counts.connections) connections"
    }

    /// What is wrong; nil where nothing is.
    private static func verdict(_ board: SoakBoard, _ served: Int) -> String? {
        if let failure = board.failure { return failure }
        let counts = board.counts
        let known = counts.answered + counts.abandoned + counts.cut
        if known != counts.asked { return "\(counts.asked - known) went astray" }
        if served < counts.answered || served > counts.asked {
            return "the server counts \(served) answers"
        }
        return nil
    }

    /// Lets the clients ask all, and the server be stopped now and then. Says how many requests the
    /// servers count.
    private static func drive(
        _ pattern: PatternID, _ board: SoakBoard, _ settings: Settings
    ) throws(Complaint) -> Int {
        var server = try SoakServer(pattern, at: settings.server, clients: settings.clients)
        board.serve(at: server.port)
        var team: [SoakThread] = []
        for name in 0..<settings.clients {
            team.append(try SoakThread(SoakClient(board, name: name, seed: settings.seed)))
        }
        var served = 0
        for life in 1...settings.stops {
            let limit = settings.requests - settings.requests / settings.stops * life
            while !board.isOver, life == settings.stops || board.left > limit {
                if let end = server.end {
                    board.fail("the server has ended by itself: \(end)")
                }
                blockThread(for: .milliseconds(5))
            }
            if board.isOver { break }
            board.noteStop()
            served += stop(&server, board)
            server = try SoakServer(pattern, at: settings.server, clients: settings.clients)
            board.serve(at: server.port)
        }
        for thread in team { thread.join() }
        return served + stop(&server, board)
    }

    private static func stop(_ server: inout SoakServer, _ board: SoakBoard) -> Int {
        do throws(Complaint) {
            return try server.stop()
        } catch {
            board.fail("\(error)")
            return 0
        }
    }
}
