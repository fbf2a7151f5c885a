import Basis
import Platform

/// Sends what a reader has handed over, a batch of connections at a time.
struct Sender<K: Kernel>: ThreadBody, ~Copyable {
    private var kernel: K
    private let stage: Shared<SendStage>
    private let poller: Shared<Poller>
    private let readerPort: Shared<ReaderPort>
    private let stop: StopFlag
    private let board: Shared<TallyBoard>
    private var tally = Tally()
    private var batch: [SendStage.Item] = []
    /// What was taken of each connection, by its number.
    private var parcels = SlotArray(count: 64) { SendStage.Parcel() }
    /// Connections that are closed behind their bytes, and may take long for these.
    private var closing: [Int] = []
    private var now = Instant(raw: 0)

    init(
        context: ThreadContext<K>, stage: Shared<SendStage>, poller: Shared<Poller>,
        readerPort: Shared<ReaderPort>
    ) {
        kernel = context.kernel
        stop = context.stop
        board = context.board
        self.stage = stage
        self.poller = poller
        self.readerPort = readerPort
    }

    static var wakeToken: UInt64 { .max }

    mutating func run() throws(SystemError) {
        var events = EventBuffer()
        var farewell: Instant?
        while true {
            now = MonotonicClock.now
            stage.value.takeBatch(&batch)
            for item in batch { send(item) }
            for index in events.indices where events[index].token != Self.wakeToken {
                if let item = stage.value.item(events[index].token) { send(item) }
            }
            if !closing.isEmpty { endLastWords() }
            board.value.publish(tally, kernel.counts)
            if stop.isSet(.workers) {
                // The reader has ended, and what it has closed is still to be sent.
                let end = farewell ?? now + Limit.farewell
                farewell = end
                if now >= end || closing.isEmpty && stage.value.isEmpty { break }
            }
            stage.value.gate.announceSleep()
            var timeout: Nanoseconds? = closing.isEmpty ? nil : Limit.tick
            if !stage.value.isEmpty || farewell != nil && closing.isEmpty { timeout = .zero }
            try kernel.wait(on: poller.value, for: &events, timeout: timeout)
            stage.value.gate.announceAwake()
        }
        for number in closing { stage.value.giveUp(number) }
        stage.value.takeBatch(&batch)
        for item in batch { send(item) }
        board.value.publish(tally, kernel.counts)
    }

    private mutating func send(_ item: SendStage.Item) {
        while item.number >= parcels.count { parcels.double { SendStage.Parcel() } }
        let wasClosing = parcels[item.number].end != .distantFuture
        let hasNews = stage.value.send(
            item, &parcels[item.number], on: poller.value, with: &kernel, at: now)
        if hasNews, readerPort.value.gate.wakeIfAsleep(with: &kernel) { tally.wakeups &+= 1 }
        let isClosing = parcels[item.number].end != .distantFuture
        if isClosing, !wasClosing { closing.append(item.number) }
        if !isClosing, wasClosing { closing.removeAll { $0 == item.number } }
    }

    /// Ends what its peer does not take.
    private mutating func endLastWords() {
        for number in closing where parcels[number].end <= now { stage.value.giveUp(number) }
    }
}
