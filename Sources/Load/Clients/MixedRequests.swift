// Hot path
package import Basis

/// Requests of several kinds, each drawn when it begins.
package struct MixedRequests: HTTP1Requests {
    private var chooser: KindChooser
    /// All kinds of requests one behind another, and where each begins; the end of the last one.
    private let requests: [UInt8]
    private let starts: [Int]
    package private(set) var lastKind = 0
    package let kinds: Int

    /// - Parameter requests: all bytes of each kind, head and body.
    init(_ requests: [[UInt8]], chooser: KindChooser) {
        precondition((1...KindChooser.most).contains(requests.count), "some kinds")
        kinds = requests.count
        self.requests = Array(requests.joined())
        self.chooser = chooser
        var starts = [0]
        for bytes in requests { starts.append(starts[starts.count - 1] + bytes.count) }
        self.starts = starts
    }

    @inline(always)
    package static var hasKinds: Bool { true }

    @inline(always)
    package mutating func compose(due: Instant, to output: inout ByteQueue) {
        lastKind = chooser.next()
        output.append(requests.span.extracting(starts[lastKind]..<starts[lastKind &+ 1]))
    }
}

extension ComposedHTTP1Client where Requests == MixedRequests {
    /// - Parameter requests: all bytes of each kind, none of them of HEAD.
    package init(requests: [[UInt8]], chooser: KindChooser, pipeline: Int) {
        self.init(
            MixedRequests(requests, chooser: chooser), like: requests[0], answersHead: false,
            pipeline: pipeline)
    }
}
