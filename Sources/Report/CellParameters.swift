import Basis

/// The columns that describe a cell, shared by `runs.csv` and `cells.csv`.
enum CellParameters {
    /// - Parameter payload: the mean body of an answer; nil when it is not known.
    static func columns<Row>(
        _ cell: @escaping @Sendable (Row) -> Cell,
        payload: @escaping @Sendable (Row) -> Double?
    ) -> [Column<Row>] {
        [
            Column("server", "text", "switchyard, or the matrix's name of another server") {
                cell($0).server
            },
            Column("protocol", "text", "h1, h2, ws, sse or grpc") { cell($0).language.rawValue },
            Column("pattern", "text", "the execution pattern; empty for another server") {
                cell($0).pattern ?? ""
            },
            Column(
                "threads", "1",
                "threads the server was asked to use; empty where no launch started it"
            ) { cell($0).isOutside ? "" : "\(cell($0).threads)" },
            Column("connections", "1", "connections of the generator") {
                "\(cell($0).connections)"
            },
            Column("streams", "1", "requests in flight on a connection by multiplexing") {
                "\(cell($0).streams)"
            },
            Column(
                "payload_bytes", "bytes",
                "mean body of an answer, as the generator measured it; empty without an answer"
            ) { field(payload($0), decimals: 0) },
            Column("pipeline", "1", "requests in flight on a connection by pipelining") {
                "\(cell($0).pipeline)"
            },
            Column("tls", "text", "off, 1.2 or 1.3") { cell($0).tls.rawValue },
            Column(
                "nodelay", "text",
                "on, off, server or load: who sends small segments at once (TCP_NODELAY)"
            ) { cell($0).nodelay.rawValue },
            Column("arrival", "text", "closed, poisson or constant") { cell($0).arrival.name },
            Column("rate_target", "1/s", "requests a second asked for; empty in a closed loop") {
                exact(cell($0).arrival.rate)
            },
        ]
    }

    /// Those that came later, in their order. They stand behind all that a table had before.
    static func laterColumns<Row>(
        _ cell: @escaping @Sendable (Row) -> Cell
    ) -> [Column<Row>] {
        handshake(cell) + transmission(cell) + connections(cell) + link(cell) + asked(cell)
    }

    /// Those that came still later, behind what a table had by then.
    static func spread<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column("skew", "text", "even, or such as zipf:1: which connection a request goes to") {
                cell($0).skew.text
            },
            Column("idle", "1", "connections beside the measured ones that never ask") {
                "\(cell($0).company.idle)"
            },
            Column(
                "slow_readers", "text",
                "connections beside them that read slowly, as count:bytes a second; none for none"
            ) { cell($0).company.slowReaders?.text ?? "none" },
            Column("slow_senders", "text", "the same of those that send slowly") {
                cell($0).company.slowSenders?.text ?? "none"
            },
        ]
    }

    /// What a request asks for.
    static func asked<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column("burst", "1", "how many are due at once each time; 1 also in a closed loop") {
                "\(cell($0).burst)"
            },
            Column(
                "path", "text",
                "the path that is asked for where the cell, or the URL of its server, has one"
            ) {
                cell($0).path ?? ""
            },
            Column("mix", "text", "the name of a mix of requests; none where all are alike") {
                cell($0).mix?.name ?? "none"
            },
        ]
    }

    /// How the streams of connections are opened.
    static func handshake<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column("handshake", "text", "full, resumed or early; full also without TLS") {
                cell($0).handshake.rawValue
            }
        ]
    }

    /// How bytes go to sockets.
    static func transmission<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column(
                "quickack", "text",
                "on, off, server or load: who acknowledges at once (TCP_QUICKACK)"
            ) { cell($0).quickack.rawValue },
            Column("cork", "text", "on, off, server or load: who corks a flush (TCP_CORK)") {
                cell($0).cork.rawValue
            },
            Column("request_shape", "text", "writes of a request: one, head-then-body or trickle") {
                cell($0).requestShape.rawValue
            },
            Column("reply_shape", "text", "writes of a reply: one, head-then-body or trickle") {
                cell($0).replyShape.rawValue
            },
        ]
    }

    /// How connections begin and end.
    static func connections<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column(
                "requests_per_connection", "1",
                "requests after which a connection ends; empty where it goes on"
            ) { field(cell($0).churn.requests.map { Int64($0) }) },
            Column(
                "connection_rate_target", "1/s",
                "connections a second asked for; empty where requests are due"
            ) { exact(cell($0).churn.rate) },
            Column("close", "text", "how connections end: fin or reset") {
                cell($0).churn.close.rawValue
            },
            Column("fastopen", "text", "on or off: SYNs carry data (TCP Fast Open)") {
                cell($0).churn.opensFast ? "on" : "off"
            },
        ]
    }

    /// What lies between generator and server.
    static func link<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column("rtt_ns", "ns", "round-trip time of the emulated link; 0 for loopback") {
                "\(cell($0).link.roundTrip.raw)"
            },
            Column("link_loss", "1", "share of packets that the link was asked to lose, each way") {
                let loss = cell($0).link.loss
                return loss == 0 ? "0" : "\(loss)"
            },
            Column("link_rate_bit", "bit/s", "rate of the link each way; empty without a limit") {
                field(cell($0).link.rate)
            },
        ]
    }

    /// What a cell searches that has no rate.
    static func search<Row>(_ cell: @escaping @Sendable (Row) -> Cell) -> [Column<Row>] {
        [
            Column(
                "find_rate", "text",
                "the rules of a search for capacity, whose arrival is search; else empty"
            ) { cell($0).arrival.question?.rules ?? "" },
            Column("find_arrivals", "text", "poisson or constant in a search; else empty") {
                cell($0).arrival.question?.arrivals ?? ""
            },
        ]
    }

    /// A rate as it was asked for; empty for none.
    private static func exact(_ rate: PerSecond?) -> String {
        guard let rate = rate?.raw else { return "" }
        return rate == rate.rounded() ? field(rate, decimals: 0) : "\(rate)"
    }
}
