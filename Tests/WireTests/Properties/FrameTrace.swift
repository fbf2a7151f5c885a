import Basis
import Wire

/// What the reader of frames makes of a connection's bytes, whatever pieces they came in.
struct FrameTrace: Equatable, CustomStringConvertible {
    enum Step: Equatable {
        case preface
        /// A frame with the bytes its runs name, the runs themselves being relative to a piece.
        case frame(String, [UInt8])
        case fault(HTTP2.Failure, flowBytes: UInt32)
        case failure(HTTP2.Failure)
    }

    private(set) var steps: [Step] = []
    /// Bytes that no event covered at the end.
    private(set) var leftOver = 0
    /// Set when an event went back, or beyond the bytes there were.
    private(set) var badOffset: String?

    /// - Parameter cuts: where a piece ends and the next one begins, in any order.
    init(_ bytes: [UInt8], role: HTTP2.Role, cuts: [Int] = []) {
        var reader = HTTP2.FrameReader(role: role)
        var pending: [UInt8] = []
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            pending += bytes[start..<cut]
            start = cut
            var at = 0
            var isDry = false
            while !isDry {
                let event = reader.next(pending.span, from: at)
                guard let next = note(event, in: pending) else {
                    isDry = true
                    continue
                }
                if next < at || next > pending.count { badOffset = "\(event) at \(at)" }
                at = next
            }
            if case .failure? = steps.last { return }
            pending.removeFirst(at)
        }
        leftOver = pending.count
    }

    /// The offset behind the event; nil when there is none.
    private mutating func note(_ event: HTTP2.FrameEvent, in bytes: [UInt8]) -> Int? {
        switch event {
        case .needMore: return nil
        case .preface(let next):
            steps.append(.preface)
            return next
        case .frame(let frame, let next):
            steps.append(Self.step(frame, in: bytes))
            return next
        case .streamFault(let failure, let flowBytes, let next):
            steps.append(.fault(failure, flowBytes: flowBytes))
            return next
        case .skipped(let next): return next
        case .failure(let failure):
            steps.append(.failure(failure))
            return nil
        }
    }

    private static func step(_ frame: HTTP2.Frame, in bytes: [UInt8]) -> Step {
        switch frame {
        case .data(let stream, let run, let flowBytes, let endStream):
            .frame("DATA \(stream) \(flowBytes)\(endStream ? " end" : "")", Array(bytes[run.range]))
        case .headers(let stream, let run, let endStream, let endHeaders):
            .frame(
                "HEADERS \(stream)\(endStream ? " end" : "")\(endHeaders ? "" : " ...")",
                Array(bytes[run.range]))
        case .continuation(let stream, let run, let endHeaders):
            .frame("CONTINUATION \(stream)\(endHeaders ? "" : " ...")", Array(bytes[run.range]))
        case .settings(let run): .frame("SETTINGS", Array(bytes[run.range]))
        case .goAway(let stream, let code, let run):
            .frame("GOAWAY \(stream) \(code.rawValue)", Array(bytes[run.range]))
        default: .frame("\(frame)", [])
        }
    }

    var frames: [String] {
        steps.map { step in
            switch step {
            case .preface: "preface"
            case .frame(let name, _): name
            case .fault(let failure, _): "\(failure.scope) \(failure.code.name ?? "?")"
            case .failure(let failure): "\(failure.scope) \(failure.code.name ?? "?")"
            }
        }
    }

    var description: String { frames.joined(separator: "; ") + "; \(leftOver) left" }
}
