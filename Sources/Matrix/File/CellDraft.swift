import Basis
import Report

/// A cell in the making: what defaults and axes have said so far.
struct CellDraft: Equatable {
    /// Whose threads and arrivals are not yet said.
    private var cell = Cell(
        pattern: PatternFamily.usualPattern, threads: 0, connections: 64)
    private var threads: Int?
    private var language: Cell.Language?
    private var tls: Cell.TLS?
    private var rate: PerSecond?
    private var subscribes = false
    /// The rules of a search for capacity; nil where there is none.
    private var rules: String?
    private var isPoisson = true

    var server: String { cell.server }

    private static let usualPayload = Cell(pattern: nil, threads: 1, connections: 1).payload

    /// - Parameters:
    ///   - serverThreads: for a cell that does not say.
    ///   - outside: the server where no launch starts it: its URL says what the cell doesn't.
    func cell(serverThreads: Int, outside: OutsideServer? = nil) -> Cell {
        var cell = cell
        cell.threads = threads ?? serverThreads
        cell.language = language ?? outside?.language ?? cell.language
        cell.tls = tls ?? outside?.tls ?? cell.tls
        if cell.server != Cell.builtIn { cell.pattern = nil }
        if let outside {
            cell.threads = Cell.unknownThreads
            if cell.path == nil, cell.mix == nil { cell.path = outside.path }
            // Only of messages does the generator decide how long they are.
            if cell.language != .ws, cell.language != .grpc { cell.payload = Self.usualPayload }
        }
        if subscribes { cell.arrival = .subscribe }
        var rate = rate
        if let connections = cell.churn.rate {
            let requests = cell.churn.requests ?? 1
            cell.churn.requests = requests
            // One of each is no load, and stays to be refused.
            rate = rate ?? PerSecond(raw: connections.raw * Double(requests))
        }
        if let rate { cell.arrival = isPoisson ? .poisson(rate) : .constant(rate) }
        if let rules { cell.arrival = .search(.init(rules: rules, isPoisson: isPoisson)) }
        return cell
    }

    /// Takes one value of one axis. A server's object must have been replaced by its name before.
    mutating func set(
        _ axis: Axis, _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) {
        switch axis {
        case .server: cell.server = try place.text(value, example: "switchyard")
        case .pattern: cell.pattern = try Self.pattern(value, place)
        case .protocol: language = try Self.choice(value, place)
        case .threads: threads = try Self.count(value, place, in: 1...4_096)
        case .connections: cell.connections = try Self.count(value, place, in: 1...Axis.countLimit)
        case .streams: cell.streams = try Self.count(value, place, in: 1...Axis.countLimit)
        case .payload: cell.payload = try Self.size(value, place)
        case .path: cell.path = try place.target(value)
        case .pipeline: cell.pipeline = try Self.count(value, place, in: 1...1_024)
        case .tls: tls = try Self.choice(value, place)
        case .handshake: cell.handshake = try Self.choice(value, place)
        case .nodelay: cell.nodelay = try Self.sides(value, place)
        case .quickack: cell.quickack = try Self.sides(value, place)
        case .cork: cell.cork = try Self.sides(value, place)
        case .requestShape: cell.requestShape = try Self.choice(value, place)
        case .replyShape: cell.replyShape = try Self.choice(value, place)
        case .close: cell.churn.close = try Self.choice(value, place)
        case .fastopen: cell.churn.opensFast = try Self.toggle(value, place)
        case .requestsPerConnection:
            let count = try Self.count(value, place, in: 0...Axis.countLimit)
            cell.churn.requests = count == 0 ? nil : count
        case .connectionRate: cell.churn.rate = try Self.connectionRate(value, place)
        case .rtt: cell.link.roundTrip = try Self.roundTrip(value, place)
        case .linkLoss: cell.link.loss = try Self.loss(value, place)
        case .linkRate: cell.link.rate = try Self.linkRate(value, place)
        case .rate:
            subscribes = value == .string(Arrival.subscribe.name)
            rules = try Self.rules(value, place)
            rate = subscribes || rules != nil ? nil : try Self.rate(value, place)
        case .arrivals:
            let name = try place.text(value, example: "poisson")
            guard ["poisson", "constant"].contains(name) else {
                throw place.complaint("'\(name)' is unknown", "choose poisson or constant")
            }
            isPoisson = name == "poisson"
        case .burst: cell.burst = try Self.count(value, place, in: 1...65_535)
        case .skew: cell.skew = try Self.skew(value, place)
        case .idle: cell.company.idle = try Self.count(value, place, in: 0...SlowPeers.most)
        case .slowReaders: cell.company.slowReaders = try Self.slowPeers(value, place)
        case .slowSenders: cell.company.slowSenders = try Self.slowPeers(value, place)
        case .expect: cell.expected = try Self.expectation(value, place)
        case .mix: cell.mix = value == "none" ? nil : try RequestMix(value, place)
        }
    }
}

/// Readers of single values. They complain in one line that names the file and the key.
extension CellDraft {
    static func count(
        _ value: JSONValue, _ place: FilePlace, in range: ClosedRange<Int>
    ) throws(Complaint) -> Int {
        var number: Int?
        if case .integer(let integer) = value { number = Int(integer) }
        if case .string(let text) = value { number = parseCount(text) }
        guard let number, range.contains(number) else {
            throw place.complaint(
                "\(value.compact) is not a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)",
                "write one such as \(max(range.lowerBound, min(64, range.upperBound)))")
        }
        return number
    }

    static func time(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Nanoseconds {
        var span: Nanoseconds?
        switch value {
        case .string(let text): span = Nanoseconds(parsing: text)
        case .integer(let seconds): span = Nanoseconds(parsing: "\(seconds)")
        case .number(let seconds): span = Nanoseconds(parsing: "\(seconds)")
        default: break
        }
        guard let span, span <= .seconds(86_400) else {
            throw place.complaint(
                "\(value.compact) is not a time", "write one such as \"2s\" or \"300ms\"")
        }
        return span
    }

    /// How long a launch, or a step of one, is under load that counts.
    static func duration(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Nanoseconds {
        let span = try time(value, place)
        guard span >= .milliseconds(10) else {
            throw place.complaint("\(value.compact) is too short", "give at least 10ms")
        }
        return span
    }

    /// How often a cell is launched.
    static func repeats(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Int {
        try count(value, place, in: 1...1_000)
    }

    private static func pattern(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> String {
        let text = try place.text(value, example: "sharded:hash")
        guard text.wholeMatch(of: /[a-z][a-z-]*(:[a-z][a-z-]*)?/) != nil else {
            throw place.complaint(
                "'\(text)' is no pattern", "write family or family:variant such as sharded:hash")
        }
        return PatternFamily.usualVariants[text] ?? text
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        var text = value.compact
        if case .string(let string) = value { text = string }
        if let choice = Choice(rawValue: text) { return choice }
        let near = nearestName(to: text, among: names).map { "did you mean \($0)? " } ?? ""
        throw place.complaint(
            "'\(text)' is unknown", near + "choose from \(names.joined(separator: ", "))")
    }

    private static func size(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> ByteCount
    {
        var size: ByteCount?
        if case .integer(let integer) = value, integer >= 0 { size = ByteCount(raw: Int(integer)) }
        if case .string(let text) = value { size = ByteCount(parsing: text) }
        guard let size, size.raw <= 1 << 30 else {
            throw place.complaint(
                "\(value.compact) is not a size up to 1GiB", "write bytes such as 13 or \"64KiB\"")
        }
        return size
    }

    private static func skew(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Skew {
        let text = try place.text(value, example: "zipf:1")
        guard let skew = Skew(parsing: text) else {
            throw place.complaint("'\(text)' is no skew", Skew.remedy)
        }
        return skew
    }

    private static func slowPeers(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> SlowPeers? {
        if value == "none" { return nil }
        let text = try place.text(value, example: "64:1KiB")
        guard let peers = SlowPeers(parsing: text) else {
            throw place.complaint("'\(text)' says not how many of what", SlowPeers.remedy)
        }
        return peers
    }

    private static func toggle(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> Bool {
        switch value {
        case .bool(let on): return on
        case "on": return true
        case "off": return false
        default:
            throw place.complaint("\(value.compact) is neither on nor off", "write true or false")
        }
    }

    private static func sides(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> Cell.Sides {
        if case .bool(let isOn) = value { return isOn ? .on : .off }
        if case .string(let text) = value, let sides = Cell.Sides(rawValue: text) { return sides }
        throw place.complaint(
            "\(value.compact) is neither on nor off nor a side",
            "write true or false, or \"server\" or \"load\" for that side alone")
    }

    /// Classes of status with commas between them, in any order.
    private static func expectation(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> ExpectedStatus {
        let text = try place.text(value, example: "2xx")
        let words = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        let names = ["2xx", "3xx"]
        for word in words where !names.contains(word) {
            if word.wholeMatch(of: /[1-5][0-9][0-9]/) != nil {
                throw place.complaint(
                    "'\(word)' is one status, and answers are counted by their class",
                    "write \(word.hasPrefix("3") ? "3xx" : "2xx")")
            }
            if ["1xx", "4xx", "5xx"].contains(word) {
                throw place.complaint(
                    "'\(word)' is no kind of success: such answers count as failures",
                    "choose from 2xx, 3xx and \"2xx,3xx\"")
            }
            let near = nearestName(to: word, among: names).map { "did you mean \($0)? " } ?? ""
            throw place.complaint(
                "'\(word)' is unknown", near + "choose from 2xx, 3xx and \"2xx,3xx\"")
        }
        guard let found = ExpectedStatus(rawValue: Set(words).sorted().joined(separator: ","))
        else {
            throw place.complaint("'\(text)' names no class", "write one such as \"2xx\"")
        }
        return found
    }

    private static func connectionRate(
        _ value: JSONValue, _ place: FilePlace
    ) throws(Complaint) -> PerSecond? {
        try perSecond(
            value, place, remedy: "write connections a second such as 500 or \"2k\", or 0 for none")
    }

    private static func rate(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> PerSecond?
    {
        if value == "closed" { return nil }
        return try perSecond(
            value, place,
            remedy: "write requests a second such as 5000 or \"50k\", \"closed\" for a closed loop,"
                + " \"subscribe\", or \"find:p99<5ms\" to search it")
    }

    /// A number a second; nil for 0.
    private static func perSecond(
        _ value: JSONValue, _ place: FilePlace, remedy: String
    ) throws(Complaint) -> PerSecond? {
        var text = ""
        switch value {
        case 0: return nil
        case .string(let string): text = string
        case .integer(let number): text = "\(number)"
        case .number(let number): text = "\(number)"
        default: break
        }
        guard let rate = PerSecond(parsing: text), rate.raw <= 1e9 else {
            throw place.complaint("\(value.compact) is not a rate", remedy)
        }
        return rate
    }
}
