import Platform
import Secure

/// `staged`: a thread for each stage of a request and a bounded queue before it: one accepts, one
/// reads and parses, N handle, one sends (SEDA, Welsh et al., SOSP 2001). Who has no room in the
/// next stage does not take from the one before.
struct Staged: ExecutionPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        let (port, inbox) = (try crew.openPort(), crew.openInbox())
        let stage = Shared(try SendStage())
        crew.keep(stage)
        try startSender(crew, stage, port)
        let team = try crew.startWorkers(.shared, for: port)
        let context = crew.context(.reader, 0)
        let kernel = SendStageKernel(context.kernel, stage: stage)
        let reader = try Reader<SendStageKernel<K>, Stream, WorkerDesk<K>, S>(
            context: context, kernel: kernel, port: port,
            desk: WorkerDesk(
                kernel: context.kernel, team: team, responder: context.responder,
                answersItself: false),
            items: team.pool, kind: kind, inboxes: [inbox],
            watched: try WatchedListeners([], budget: 0))
        try crew.start(reader, at: context)
        let accepting = crew.context(.acceptor, 0)
        try crew.start(
            try Acceptor.polling(
                listeners, exclusive: false,
                to: Dispatcher(onlyTo: .init(port: port, inbox: inbox), mode: .queue),
                context: accepting, crew: crew),
            at: accepting)
        return listeners
    }

    private func startSender<K: Kernel>(
        _ crew: Crew<K>, _ stage: Shared<SendStage>, _ port: Shared<ReaderPort>
    ) throws(SystemError) {
        let poller = Shared(try Poller())
        crew.keep(poller)
        try poller.value.add(stage.value.gate.waker, token: Sender<K>.wakeToken)
        crew.whenWorkersEnd { stage.value.gate.waker.wake() }
        let context = crew.context(.sender, 0)
        try crew.start(
            Sender(context: context, stage: stage, poller: poller, readerPort: port), at: context)
    }
}
