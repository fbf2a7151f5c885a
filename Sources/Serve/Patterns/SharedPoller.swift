import Platform
import Secure

/// `acceptors:shared-level`, `:shared-edge` and `:shared-oneshot`: N threads sleep on one epoll
/// instance that watches the listener, and each feeds a reader of its own. The kernel wakes the
/// thread that went to sleep last; told of levels, it wakes another for what may be left.
struct SharedPoller: ExecutionPattern {
    private let trigger: AcceptTrigger

    init(_ trigger: AcceptTrigger) { self.trigger = trigger }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        let watch = Shared(try SharedWatch(of: listeners, trigger: trigger))
        crew.keep(watch)
        crew.whenAcceptingEnds { watch.value.end() }
        for index in 0..<crew.options.threads {
            let port = try crew.openPort()
            let inbox = crew.openInbox()
            try crew.startReader(
                index, port: port, inboxes: [inbox], promisesSlots: true, kind: kind)
            let context = crew.context(.acceptor, index)
            let dispatcher = Dispatcher(onlyTo: .init(port: port, inbox: inbox), mode: .direct)
            try crew.start(
                try Acceptor.sharing(
                    watch, listeners, to: dispatcher, context: context),
                at: context)
        }
        return listeners
    }
}
