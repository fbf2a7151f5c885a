// Hot path
package import Basis
import Wire

/// One request over and over, and in the place of each that was redirected the one that its answer
/// asks for instead.
package struct RedirectedRequests: HTTP1Requests {
    /// What takes the place of a request.
    private struct FollowUp {
        let request: HTTP1.RequestTemplate
        /// Redirections so far.
        let count: Int
    }

    private let request: HTTP1.RequestTemplate
    private let server: RedirectScope
    /// By the due times of the first requests.
    private var followUps: [Instant: FollowUp] = [:]

    init(_ request: HTTP1.RequestTemplate, within server: RedirectScope) {
        self.request = request
        self.server = server
    }

    @inline(always)
    package static var follows: Bool { true }

    @inline(always)
    package mutating func compose(due: Instant, to output: inout ByteQueue) {
        if followUps.isEmpty {
            output.append(request.bytes.span)
        } else {
            let bytes = (followUps[due]?.request ?? request).bytes
            output.append(bytes.span)
        }
    }

    package mutating func follow(
        due: Instant, _ outcome: Outcome, to location: Span<UInt8>
    ) -> Bool {
        let last = followUps[due]
        let count = (last?.count ?? 0) + 1
        guard count <= server.most,
            let next = server.request(behind: last?.request ?? request, outcome, to: location)
        else { return false }
        followUps[due] = FollowUp(request: next, count: count)
        return true
    }

    package mutating func forget(due: Instant) {
        if !followUps.isEmpty { followUps[due] = nil }
    }
}

/// What redirections are followed.
struct RedirectScope: Sendable {
    /// Scheme and authority of the server, which none may lead away from.
    let scheme: String
    let authority: String
    /// Of one request.
    let most: Int

    /// The request that takes the place of another; nil where that one's answer is the last word.
    func request(
        behind request: HTTP1.RequestTemplate, _ outcome: Outcome, to location: Span<UInt8>
    ) -> HTTP1.RequestTemplate? {
        guard [301, 302, 303, 307, 308].contains(outcome.code), !location.isEmpty,
            let target = redirectedTarget(
                location, from: request.target, scheme: scheme, authority: authority)
        else { return nil }
        // RFC 9110 §15.4: everyone turns POST into GET behind 301 and 302, and all but HEAD behind
        // 303.
        let turns =
            outcome.code == 303 && request.method != "HEAD"
            || outcome.code < 303 && request.method == "POST"
        let fields =
            turns ? request.fields.filter { !$0.isNamed("content-type") } : request.fields
        return try? HTTP1.RequestTemplate(
            method: turns ? "GET" : request.method, target: target,
            host: String(decoding: request.host, as: UTF8.self),
            fields: fields, body: turns ? [] : request.body)
    }
}

extension ComposedHTTP1Client where Requests == RedirectedRequests {
    init(_ request: HTTP1.RequestTemplate, within server: RedirectScope, pipeline: Int) {
        self.init(
            RedirectedRequests(request, within: server), like: request.bytes,
            answersHead: request.answersHead, pipeline: pipeline)
    }
}
