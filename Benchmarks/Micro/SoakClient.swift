import Basis
import Platform

/// What the clients of a soak share: where the server is, how much is left to ask, and what went
/// wrong first.
final class SoakBoard: Sendable {
    /// What became of requests.
    struct Counts {
        var asked = 0
        var answered = 0
        /// On connections that the client has left.
        var abandoned = 0
        /// On connections that ended with a server.
        var cut = 0
        var connections = 0
    }

    struct Server {
        /// Raised before a server is asked to stop: what lay on connections from before then may go
        /// unanswered.
        var epoch = 0
        /// Nil while there is none.
        var port: UInt16?
    }

    private let requests: Int
    private let state = Guarded(Counts())
    private let place = Guarded(Server())
    private let first = Guarded<String?>(nil)

    init(requests: Int) { self.requests = requests }

    var counts: Counts { state.withLock { $0 } }
    func count(_ change: (inout Counts) -> Void) { state.withLock { change(&$0) } }

    var server: Server { place.withLock { $0 } }
    func serve(at port: UInt16) { place.withLock { $0.port = port } }
    func noteStop() {
        place.withLock {
            $0.epoch += 1
            $0.port = nil
        }
    }

    var failure: String? { first.withLock { $0 } }
    func fail(_ reason: String) { first.withLock { $0 = $0 ?? reason } }

    /// How many are still to be asked.
    var left: Int { max(0, requests - counts.asked) }
    var isOver: Bool { left == 0 || failure != nil }
}

/// A client that leaves in every way it can, and holds each answer against what it asked: its
/// bytes, and its place in the order.
struct SoakClient {
    /// What a request is to be answered with.
    private enum Expected {
        case body([UInt8])
        case count(Int)

        var count: Int {
            switch self {
            case .body(let bytes): bytes.count
            case .count(let count): count
            }
        }
    }

    /// How a connection goes on behind a batch of requests.
    private enum Manner {
        case goesOn, leavesWhenAnswered, leavesAtOnce, leavesInTheMiddle, finishesSending
        case saysClose, leavesHalfARequest

        static func random(using generator: inout SeededGenerator) -> Manner {
            switch Int.random(in: 0..<100, using: &generator) {
            case ..<72: .goesOn
            case ..<80: .leavesWhenAnswered
            case ..<86: .leavesAtOnce
            case ..<90: .leavesInTheMiddle
            case ..<94: .finishesSending
            case ..<98: .saysClose
            default: .leavesHalfARequest
            }
        }
    }

    private let board: SoakBoard
    private let name: Int
    private var generator: SeededGenerator
    private var number = 0

    init(_ board: SoakBoard, name: Int, seed: UInt64) {
        self.board = board
        self.name = name
        generator = SeededGenerator(seed: seed &+ UInt64(name) &* 0x1_0000)
    }

    mutating func run() {
        while !board.isOver {
            let server = board.server
            guard let port = server.port else {
                blockThread(for: .milliseconds(1))
                continue
            }
            var waiting = 0
            do throws(Mistake) {
                try serve(port, &waiting)
            } catch {
                if error.mayComeOfAStop, board.server.epoch != server.epoch {
                    board.count { $0.cut += waiting }
                } else {
                    board.fail("client \(name), request \(number): \(error.text)")
                }
            }
        }
    }

    struct Mistake: Error {
        let text: String
        let mayComeOfAStop: Bool

        init(_ text: String, mayComeOfAStop: Bool = false) {
            self.text = text
            self.mayComeOfAStop = mayComeOfAStop
        }

        init(_ end: SoakSocket.End, _ doing: String, mayComeOfAStop: Bool = true) {
            self.init(
                "\(end) \(doing)", mayComeOfAStop: mayComeOfAStop && end != .hung)
        }
    }

    /// One connection, from its beginning to its end. `waiting` are the requests that have not been
    /// answered.
    mutating func serve(_ port: UInt16, _ waiting: inout Int) throws(Mistake) {
        var socket: SoakSocket
        do throws(SoakSocket.End) {
            socket = try SoakSocket(
                port: port, resets: Int.random(in: 0..<4, using: &generator) == 0)
        } catch {
            throw Mistake(error, "while connecting")
        }
        board.count { $0.connections += 1 }
        while !board.isOver {
            let manner = Manner.random(using: &generator)
            let count = Int.random(in: 1...16, using: &generator)
            var bytes: [UInt8] = []
            var expected: [Expected] = []
            for index in 0..<count {
                expected.append(
                    append(to: &bytes, closes: manner == .saysClose && index == count - 1))
            }
            board.count { $0.asked += count }
            waiting += count
            if manner == .leavesHalfARequest { bytes += "POST /echo HTTP/1.1\r\nHo".utf8 }
            if manner == .leavesInTheMiddle { bytes.removeLast(bytes.count / 3) }
            do throws(SoakSocket.End) {
                try sendInPieces(bytes, to: &socket)
            } catch {
                // What has been answered until then is still there to be read.
                if error == .hung { throw Mistake(error, "while sending") }
            }
            switch manner {
            case .leavesAtOnce, .leavesInTheMiddle:
                board.count { $0.abandoned += waiting }
                waiting = 0
                return
            case .finishesSending: socket.finishSending()
            case .goesOn, .leavesWhenAnswered, .saysClose, .leavesHalfARequest: break
            }
            for answer in expected {
                try check(answer, &socket)
                waiting -= 1
                board.count { $0.answered += 1 }
            }
            switch manner {
            case .goesOn: continue
            case .finishesSending, .saysClose: return try expectEnd(&socket)
            default: return
            }
        }
    }

    /// Adds a request; what its answer is to be.
    private mutating func append(to bytes: inout [UInt8], closes: Bool) -> Expected {
        number += 1
        let close = closes ? "Connection: close\r\n" : ""
        func ask(_ path: String) {
            bytes += "GET \(path) HTTP/1.1\r\nHost: soak\r\n\(close)\r\n".utf8
        }
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<4:
            ask("/wait?us=\(Int.random(in: 1...400, using: &generator))")
            return .count(7)
        case ..<10:
            let count = Int.random(in: 0...20_000, using: &generator)
            ask("/bytes/\(count)")
            return .count(count)
        default:
            // Its name is unlike that of any other request.
            var body = Array("\(name)-\(number):".utf8)
            let isLarge = Int.random(in: 0..<200, using: &generator) == 0
            let filler = Int.random(in: 0...(isLarge ? 100_000 : 200), using: &generator)
            body += repeatElement(UInt8(97 + number % 26), count: filler)
            bytes +=
                "POST /echo HTTP/1.1\r\nHost: soak\r\n\(close)Content-Length: \(body.count)\r\n\r\n"
                .utf8
            bytes += body
            return .body(body)
        }
    }

    private mutating func sendInPieces(
        _ bytes: [UInt8], to socket: inout SoakSocket
    ) throws(SoakSocket.End) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let isWhole = Int.random(in: 0..<4, using: &generator) > 0
            let count = isWhole ? rest.count : Int.random(in: 1...rest.count, using: &generator)
            try socket.send(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
    }

    /// Takes the next answer, which is to be this one.
    private func check(_ expected: Expected, _ socket: inout SoakSocket) throws(Mistake) {
        var isBegun = socket.holdsBytes
        do throws(SoakSocket.End) {
            let status = try socket.line()
            isBegun = true
            if status != "HTTP/1.1 200 OK" { throw SoakSocket.End.refused }
            var length: Int?
            while true {
                let line = try socket.line().lowercased()
                if line.isEmpty { break }
                if line.hasPrefix("content-length: ") { length = Int(line.dropFirst(16)) }
            }
            guard let length else { throw SoakSocket.End.refused }
            let body = try socket.bytes(length)
            if length != expected.count { throw SoakSocket.End.refused }
            if case .body(let bytes) = expected, body != bytes {
                throw SoakSocket.End.refused
            }
        } catch {
            if error == .refused { throw Mistake("an answer that is another's, or none at all") }
            // An answer comes whole or not at all.
            throw Mistake(
                error, isBegun ? "in the midst of an answer" : "before an answer",
                mayComeOfAStop: !isBegun)
        }
    }

    /// The server is to say nothing more, and to end.
    private func expectEnd(_ socket: inout SoakSocket) throws(Mistake) {
        do throws(SoakSocket.End) {
            _ = try socket.bytes(1)
        } catch {
            if error == .closed { return }
            throw Mistake(error, "where an end was due")
        }
        throw Mistake("an answer that nobody asked for")
    }
}
