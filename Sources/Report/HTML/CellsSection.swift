import Basis

/// The table of all cells and what is to be said about their verdicts.
struct CellsSection {
    /// A metric of `cells.csv` as a column.
    struct Shown {
        let name: String
        let title: String
        let unit: String?
        /// From the unit of the file to that of the page.
        let scale: Double
    }

    /// The first ones are seen without scrolling, the p99 on a phone, too.
    static let shown = [
        Shown(name: "p99_ns", title: "p99", unit: "µs", scale: 1e-3),
        Shown(name: "rps", title: "requests/s", unit: nil, scale: 1),
        Shown(
            name: "srv_cpu_ns_per_req", title: "server CPU a request", unit: "µs", scale: 1e-3),
        Shown(name: "capacity_rps", title: "capacity", unit: "1/s", scale: 1),
        Shown(name: "capacity_above_rps", title: "not met at", unit: "1/s", scale: 1),
        Shown(name: "p50_ns", title: "p50", unit: "µs", scale: 1e-3),
        Shown(name: "p90_ns", title: "p90", unit: "µs", scale: 1e-3),
        Shown(name: "p999_ns", title: "p99.9", unit: "µs", scale: 1e-3),
        Shown(name: "max_ns", title: "longest", unit: "µs", scale: 1e-3),
        Shown(
            name: "srv_syscalls_per_req", title: "system calls a request", unit: nil, scale: 1),
        Shown(
            name: "srv_ctxsw_vol_per_req", title: "sleeps a request", unit: nil, scale: 1),
        Shown(
            name: "gen_cpu_ns_per_req", title: "generator CPU a request", unit: "µs", scale: 1e-3),
        Shown(name: "rate_ratio", title: "of the rate asked for", unit: "%", scale: 100),
    ]

    /// Conditions that get a column only where cells differ in them: the column of the file, its
    /// title and its unit.
    static let occasional = [
        ("server", "server", ""), ("protocol", "protocol", ""), ("streams", "streams", ""),
        ("payload_bytes", "payload", "bytes"), ("pipeline", "pipeline", ""), ("tls", "TLS", ""),
        ("handshake", "handshake", ""), ("nodelay", "TCP_NODELAY", ""),
        ("quickack", "TCP_QUICKACK", ""), ("cork", "TCP_CORK", ""),
        ("request_shape", "writes of a request", ""), ("reply_shape", "writes of a reply", ""),
        ("requests_per_connection", "requests a connection", ""),
        ("connection_rate_target", "connections asked for", "1/s"),
        ("close", "end of connections", ""), ("fastopen", "Fast Open", ""),
        (roundTrip, "round trip", "ms"),
        ("link_loss", "loss of the link", ""), ("link_rate_bit", "rate of the link", "bit/s"),
        ("find_rate", "searched rate", ""), ("search_outcome", "search", ""),
        ("burst", "due at once", ""), ("path", "path", ""), ("mix", "mix", ""),
        ("skew", "skew", ""), ("idle", "idle beside", ""),
        ("slow_readers", "slow readers beside", ""), ("slow_senders", "slow senders beside", ""),
    ]

    /// Conditions that are not worth a word where all cells have this.
    private static let unremarkable = [
        "quickack": "off", "cork": "off", "request_shape": "one", "reply_shape": "one",
        "burst": "1", "mix": "none", "skew": "even", "idle": "0", "slow_readers": "none",
        "slow_senders": "none",
    ]

    /// In nanoseconds in the file.
    private static let roundTrip = "rtt_ns"

    let files: RunFiles
    private var table: CSVTable { files.cells }

    init(_ files: RunFiles) { self.files = files }

    // MARK: Words for one cell

    /// The pattern, or the server where the pattern is its own affair.
    func name(_ row: Int) -> String {
        table.field(row, "pattern") ?? table.field(row, "server") ?? "unnamed"
    }

    func id(_ row: Int) -> String { table.field(row, "cell_id") ?? "" }

    func verdict(_ row: Int) -> String { table.field(row, "verdict") ?? "unknown" }

    /// Whether the generator was the limit, which makes bounds of the cell's figures.
    func isBound(_ row: Int) -> Bool { verdict(row) == Bound.verdict }

    /// Whether the figures count, as what they are or as bounds.
    func isSound(_ row: Int) -> Bool { Bound.isSound(verdict(row)) }

    /// How many launches there were and how many of them count.
    func launches(_ row: Int) -> (all: Int, counted: Int) {
        let all = table.field(row, "n").flatMap { Int($0) } ?? 0
        return (all, table.field(row, "n_valid").flatMap { Int($0) } ?? all)
    }

    /// Whether something about the cell is to be explained.
    func isDoubtful(_ row: Int) -> Bool {
        let (all, counted) = launches(row)
        return !isSound(row) || counted + (files.replaced[id(row)] ?? 0) < all
    }

    /// The reasons of the launches, each once with how often it came, the most frequent first.
    func reasons(_ row: Int) -> [(text: String, count: Int)] {
        var counted: [(text: String, count: Int)] = []
        for reason in files.reasons[id(row)] ?? [] {
            if let known = counted.firstIndex(where: { $0.text == reason }) {
                counted[known].count += 1
            } else {
                counted.append((reason, 1))
            }
        }
        return counted.enumerated().sorted {
            ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
        }.map(\.element)
    }

    static func badge(_ verdict: String) -> Markup {
        let (kind, sign) =
            switch verdict {
            case "valid": ("good", "✓")
            case Bound.verdict: ("bound", "≥")
            case "invalid", "errors", "failed": ("bad", "✕")
            case LaunchRecord.unavailable: ("doubtful", "–")
            default: ("doubtful", "△")
            }
        return .element(
            "span", ["class": "badge \(kind)"],
            .element("span", ["aria-hidden": "true"], .text(sign)), .text(" " + verdict))
    }

    // MARK: The table

    var markup: Markup {
        let varying = Self.occasional.filter { values($0.0).count > 1 }
        let constant = Self.occasional.filter { condition in
            let found = values(condition.0)
            return found.count == 1 && found != [""]
                && found.first != Self.unremarkable[condition.0]
        }
        let measured = Self.shown.filter { metric in
            table.rows.indices.contains { number($0, "\(metric.name)_median") != nil }
        }
        var columns = [
            PageTable.Column("pattern", "pattern"), PageTable.Column("verdict", "verdict"),
        ]
        columns += measured.map { metric in
            PageTable.Column(
                metric.name, .text(metric.title) + (metric.unit.map { .unit($0) } ?? ""),
                isNumber: true)
        }
        columns += [
            PageTable.Column("n", "launches", isNumber: true),
            PageTable.Column("threads", "threads", isNumber: true),
            PageTable.Column("connections", "connections", isNumber: true),
            PageTable.Column("loop", "loop"),
            PageTable.Column("rate_target", "rate asked for", isNumber: true),
        ]
        columns += varying.map {
            PageTable.Column($0.0, .text($0.1) + ($0.2.isEmpty ? "" : .unit($0.2)))
        }
        columns.append(PageTable.Column("cell_id", "cell"))
        var page = PageTable(
            id: "cells", caption: "Cells: medians over the launches that count", columns: columns)
        page.rows = table.rows.indices.map { row in
            [heading(row, varying), judgement(row)] + measured.map { figure(row, $0) }
                + [counted(row)] + conditions(row) + varying.map { plain(row, $0.0) }
                + [identity(row)]
        }
        return note(constant) + linkNote + outsideNote + page.markup
    }

    private func note(_ conditions: [(String, String, String)]) -> Markup {
        if conditions.isEmpty { return "" }
        let words = conditions.map { condition in
            let value = shown(values(condition.0).first ?? "", condition.0)
            return condition.1 + " " + value + (condition.2.isEmpty ? "" : " " + condition.2)
        }
        return .element(
            "p", ["class": "note"],
            .text("The same in all cells: " + words.joined(separator: ", ") + "."))
    }

    /// A value of the file as the page has it.
    private func shown(_ text: String, _ column: String) -> String {
        guard column == Self.roundTrip, let span = Double(text) else { return text }
        return FigureText.count(span / 1e6)
    }

    /// Whether some cell lies behind a link.
    private var hasLinks: Bool {
        table.rows.indices.contains { row in
            table.field(row, Self.roundTrip).map { $0 != "0" } ?? false
                || table.field(row, "link_rate_bit") != nil
                || table.field(row, "link_loss").map { $0 != "0" } ?? false
        }
    }

    /// What the figures of a cell behind a link are not.
    private var linkNote: Markup {
        guard hasLinks else { return "" }
        return .element(
            "p", ["class": "note"],
            "Through a link there is no CPU time a request: the link's own work, done on the same "
                + "CPUs, is in no figure, and is a limit to requests/s.")
    }

    /// Servers that ran already, and which of them nothing has measured.
    private var outsideNote: Markup {
        let runs = files.runs
        var places: [String] = []
        var unmeasured: [String] = []
        for row in runs.rows.indices {
            guard let url = runs.field(row, "server_url") else { continue }
            let name = runs.field(row, "server") ?? "unnamed"
            if !places.contains("\(name) at \(url)") { places.append("\(name) at \(url)") }
            if runs.field(row, "server_measured") == "no", !unmeasured.contains(name) {
                unmeasured.append(name)
            }
        }
        if places.isEmpty { return "" }
        let rest =
            unmeasured.isEmpty
            ? "" : " Not measured: what \(unmeasured.joined(separator: ", ")) used; give `measure`."
        return .element(
            "p", ["class": "note"],
            .text("Not started by this run: \(places.joined(separator: ", ")).\(rest)"))
    }

    /// The values of a condition, empty where a cell has none. A server without a pattern stands
    /// for itself in the first column.
    private func values(_ column: String) -> Set<String> {
        Set(
            table.rows.indices.compactMap { row in
                column == "server" && table.field(row, "pattern") == nil
                    ? nil : table.field(row, column) ?? ""
            })
    }

    private func number(_ row: Int, _ column: String) -> Double? {
        table.field(row, column).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    private func plain(_ row: Int, _ column: String) -> PageTable.Entry {
        guard let text = table.field(row, column) else { return .missing }
        return PageTable.Entry(.text(shown(text, column)), order: text)
    }

    private func count(_ row: Int, _ column: String) -> PageTable.Entry {
        guard let value = number(row, column) else { return .missing }
        return PageTable.Entry(.text(FigureText.count(value)), order: "\(value)")
    }

    /// Conditions that are no part of what is asked, or another one says.
    private static let unsaid: Set = ["server", "search_outcome", "connection_rate_target"]

    /// What a cell does that says nothing else.
    private static let usual = unremarkable.merging([
        "protocol": "h1", "streams": "1", "pipeline": "1", "tls": "off", "handshake": "full",
        "nodelay": "on", "close": "fin", "fastopen": "off", roundTrip: "0", "link_loss": "0",
        "payload_bytes": "13",
    ]) { $1 }

    /// The pattern, and below it what is asked of it.
    private func heading(_ row: Int, _ varying: [(String, String, String)]) -> PageTable.Entry {
        var words: [String] = []
        let name = name(row)
        let crews = Set(
            table.rows.indices.filter { self.name($0) == name }.map { table.field($0, "threads") })
        if crews.count > 1, let threads = table.field(row, "threads") {
            words.append("\(threads) threads")
        }
        if let connections = number(row, "connections") {
            words.append(FigureText.count(connections) + (connections == 1 ? " conn." : " conns."))
        }
        words.append(loop(row))
        if let rate = number(row, "rate_target") { words.append("\(FigureText.count(rate))/s") }
        for (column, title, unit) in varying where !Self.unsaid.contains(column) {
            guard let text = table.field(row, column), text != Self.usual[column],
                column != "payload_bytes" || table.field(row, "path") == nil
            else { continue }
            let value = shown(text, column) + (unit.isEmpty ? "" : " " + unit)
            words.append(["path", "find_rate"].contains(column) ? value : "\(title) \(value)")
        }
        return PageTable.Entry(
            .breakable(name)
                + .element("span", ["class": "load"], .text(words.joined(separator: ", "))),
            order: name)
    }

    private func loop(_ row: Int) -> String {
        switch table.field(row, "arrival") ?? "" {
        case "closed": "closed"
        case "subscribe": "subscribed"
        case "poisson": "open, Poisson"
        case "search" where table.field(row, "find_arrivals") == "poisson": "searched, Poisson"
        case "search": "searched, constant"
        case let other: "open, \(other)"
        }
    }

    private func conditions(_ row: Int) -> [PageTable.Entry] {
        let loop = loop(row)
        return [
            count(row, "threads"), count(row, "connections"),
            PageTable.Entry(.text(loop), order: loop), count(row, "rate_target"),
        ]
    }

    private func judgement(_ row: Int) -> PageTable.Entry {
        let reason = reasons(row).first.map {
            Markup.element("span", ["class": "reason"], .text($0.text))
        }
        return PageTable.Entry(Self.badge(verdict(row)) + (reason ?? ""), order: verdict(row))
    }

    private func counted(_ row: Int) -> PageTable.Entry {
        let (all, counted) = launches(row)
        return PageTable.Entry(
            .text(counted == all ? "\(all)" : "\(counted) of \(all)"), order: "\(counted)")
    }

    private func figure(_ row: Int, _ metric: Shown) -> PageTable.Entry {
        guard let median = number(row, "\(metric.name)_median") else { return .missing }
        func text(_ value: Double) -> String { FigureText.of(value * metric.scale) }
        let bound = Bound(metric.name, verdict: verdict(row))
        var content: Markup = .text((bound?.pageSign ?? "") + text(median))
        if let low = number(row, "\(metric.name)_ci_lo"),
            let high = number(row, "\(metric.name)_ci_hi")
        {
            // Of a bound one end of its interval is certain.
            let words =
                switch bound {
                case nil: "\(text(low)) to \(text(high))"
                case .atLeast: "from \(text(low))"
                case .atMost: "up to \(text(high))"
                }
            content = content + .element("span", ["class": "interval"], .text(words))
        }
        return PageTable.Entry(content, order: "\(median)")
    }

    private func identity(_ row: Int) -> PageTable.Entry {
        PageTable.Entry(
            .element("code", [:], .breakable(id(row))), order: id(row))
    }
}

extension Markup {
    /// An id that may be broken behind its slashes and colons.
    static func breakable(_ id: String) -> Markup {
        var parts: [Markup] = []
        var rest = id[...]
        while let end = rest.firstIndex(where: { $0 == "/" || $0 == ":" }) {
            parts.append(.text(String(rest[...end])))
            rest = rest[rest.index(after: end)...]
        }
        return .joined(parts + [.text(String(rest))], by: .void("wbr"))
    }
}
