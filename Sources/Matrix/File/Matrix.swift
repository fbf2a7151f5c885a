import Basis
import Compare
import Report

/// A matrix file, read and checked: which cells it spans, and its profiles.
///
/// The format, by example, is `Benchmarks/default.json5`; its reference is docs/FORMAT.md.
struct Matrix: Sendable {
    /// A named part of the matrix, with its own times.
    struct Profile: Equatable, Sendable {
        var about = ""
        fileprivate var filter: CellFilter?
        fileprivate var warmup: Nanoseconds?
        fileprivate var duration: Nanoseconds?
        fileprivate var repeats: Int?
        fileprivate var spare: Nanoseconds?
        fileprivate var pairs: JSONValue?
        fileprivate var search: SearchTimes?
    }

    /// The profile that is meant when none is named: everything, with the file's defaults.
    static let defaultProfile = "default"

    let file: String
    let servers: [ServerDescription]
    /// By rising name.
    let profiles: [(name: String, profile: Profile)]
    private let settings: Settings
    private let pairs: JSONValue?
    private let drafts: [CellDraft]
    private let excluded: [CellFilter]

    private enum Section: String, CaseIterable {
        case defaults, axes, include, exclude, profiles
    }
    private enum Setting: String, CaseIterable {
        case warmup, duration, `repeat`, spare, timeout, pairs, search
    }

    /// Reads the text of a matrix file.
    ///
    /// - Parameter file: its path, for complaints.
    init(parsing text: String, file: String) throws(Complaint) {
        let root = FilePlace(file: file, path: "")
        let value: JSONValue
        do throws(JSONRefusal) {
            value = try JSONValue(parsing: text, as: .relaxed)
        } catch {
            throw Complaint("\(file): \(error)", remedy: "mend the file; it is JSON5")
        }
        _ = try root.members(value, known: Section.allCases.map(\.rawValue))
        var reader = Reader(file: file)
        let defaults = try reader.defaults(value["defaults"] ?? [:], root.in("defaults"))
        var drafts = try reader.product(
            value["axes"] ?? [:], over: defaults, root.in("axes"))
        if value["axes"] == nil, value["include"] != nil { drafts = [] }
        for (index, entry) in try root.list(value, "include").enumerated() {
            let place = root.in("include[\(index)]")
            drafts += try reader.product(entry, over: defaults, place)
            if drafts.count > Reader.cellLimit {
                throw place.complaint(
                    "makes more than \(Reader.cellLimit) cells", "leave some of them out")
            }
        }
        var excluded: [CellFilter] = []
        for (index, entry) in try root.list(value, "exclude").enumerated() {
            let place = root.in("exclude[\(index)]")
            let text = try place.text(entry, example: "pattern=single connections>=1024")
            excluded.append(
                try CellFilter(parsing: text, origin: "\(file): exclude[\(index)]"))
        }
        self.file = file
        self.drafts = drafts
        self.excluded = excluded
        settings = reader.settings
        pairs = reader.pairs
        profiles = try reader.profiles(value["profiles"] ?? [:], root.in("profiles"))
        servers = reader.servers
        for draft in drafts
        where draft.server != Cell.builtIn && !servers.contains(where: { $0.name == draft.server })
        {
            let near = nearestName(to: draft.server, among: servers.map(\.name) + [Cell.builtIn])
            throw root.complaint(
                "server '\(draft.server)' is not described",
                near.map { "did you mean '\($0)'?" }
                    ?? "write {name: ..., command: [...]} once, or {name: ..., url: ...}")
        }
    }

    /// The cells and times of a profile.
    ///
    /// - Parameter serverThreads: threads of a cell that does not say.
    func expand(
        profile name: String, filter: CellFilter?, serverThreads: Int
    ) throws(Complaint) -> (cells: [Cell], settings: Settings) {
        var profile = Profile()
        if let found = profiles.first(where: { $0.name == name }) {
            profile = found.profile
        } else if name != Self.defaultProfile {
            let names = profiles.map(\.name) + [Self.defaultProfile]
            let near = nearestName(to: name, among: names).map { "did you mean \($0)? " } ?? ""
            throw Complaint(
                "\(file) has no profile '\(name)'",
                remedy: near + "choose from \(names.joined(separator: ", "))")
        }
        var settings = settings
        settings.warmup = profile.warmup ?? settings.warmup
        settings.duration = profile.duration ?? settings.duration
        settings.repeats = profile.repeats ?? settings.repeats
        settings.spare = profile.spare ?? settings.spare
        settings.search = profile.search ?? settings.search
        let all = Set(
            drafts.map { draft in
                let server = servers.first { $0.name == draft.server }
                return draft.cell(serverThreads: serverThreads, outside: server?.outside)
            })
        let cells = all.filter { cell in
            !excluded.contains { $0.matches(cell) } && profile.filter?.matches(cell) ?? true
                && filter?.matches(cell) ?? true
        }.sorted()
        if cells.isEmpty {
            throw Complaint(
                "no cell of \(file) is left to run (profile \(name))",
                remedy: "loosen the filter; 'switchyard list' shows all cells")
        }
        if let clash = Dictionary(grouping: cells, by: \.fileStem).values.first(where: {
            $0.count > 1
        }) {
            throw Complaint(
                "cells \(clash[0].id) and \(clash[1].id) would share one file name",
                remedy: "choose paths that differ in letters or digits")
        }
        return (cells, settings)
    }

    /// How a gate of a profile decides: its pairs over those of the defaults.
    func policy(profile name: String) throws(Complaint) -> GatePolicy {
        let root = FilePlace(file: file, path: "pairs")
        let own = profiles.first { $0.name == name }?.profile.pairs
        let policy = try PairCounts.read(pairs ?? [:], over: GatePolicy(), root)
        return try PairCounts.read(own ?? [:], over: policy, root)
    }

    /// Collects what the sections of one file say.
    private struct Reader {
        let file: String
        var settings = Settings()
        var pairs: JSONValue?
        var servers: [ServerDescription] = []

        /// Each default is one value.
        mutating func defaults(
            _ value: JSONValue, _ place: FilePlace
        ) throws(Complaint) -> CellDraft {
            let known = Axis.allCases.map(\.rawValue) + Setting.allCases.map(\.rawValue)
            var draft = CellDraft()
            for member in try place.members(value, known: known) {
                let place = place.in(member.name)
                if let axis = Axis(rawValue: member.name) {
                    try draft.set(axis, try named(member.value, axis, place), place)
                    continue
                }
                switch Setting(rawValue: member.name) {
                case .warmup: settings.warmup = try CellDraft.time(member.value, place)
                case .duration: settings.duration = try CellDraft.duration(member.value, place)
                case .repeat: settings.repeats = try CellDraft.repeats(member.value, place)
                case .spare: settings.spare = try CellDraft.time(member.value, place)
                case .timeout: settings.timeout = try CellDraft.duration(member.value, place)
                case .pairs: pairs = try Self.pairs(member.value, place)
                case .search:
                    settings.search = try SearchTimes(
                        member.value, over: settings.search, place)
                case nil: break
                }
            }
            return draft
        }

        /// Every combination of the values that `value` lists by axis.
        mutating func product(
            _ value: JSONValue, over defaults: CellDraft, _ place: FilePlace
        ) throws(Complaint) -> [CellDraft] {
            var drafts = [defaults]
            for member in try place.members(value, known: Axis.allCases.map(\.rawValue)) {
                guard let axis = Axis(rawValue: member.name) else { continue }
                let place = place.in(member.name)
                var values = [member.value]
                if case .array(let list) = member.value { values = list }
                if values.isEmpty { throw place.complaint("lists no value", "give at least one") }
                let (count, overflows) = drafts.count.multipliedReportingOverflow(by: values.count)
                if overflows || count > Self.cellLimit {
                    throw place.complaint(
                        "more than \(Self.cellLimit) cells", "drop an axis or some values")
                }
                var extended: [CellDraft] = []
                for (index, value) in values.enumerated() {
                    let place = values.count == 1 ? place : place.at(index)
                    let value = try named(value, axis, place)
                    for var draft in drafts {
                        try draft.set(axis, value, place)
                        extended.append(draft)
                    }
                }
                drafts = extended
            }
            return drafts
        }

        /// More cells than this would run for days.
        static let cellLimit = 100_000

        /// Replaces the description of a server by its name, and keeps it.
        private mutating func named(
            _ value: JSONValue, _ axis: Axis, _ place: FilePlace
        ) throws(Complaint) -> JSONValue {
            guard axis == .server, case .object = value else { return value }
            let server = try ServerDescription(value, place)
            if let other = servers.first(where: { $0.name == server.name }) {
                guard other == server else {
                    throw place.complaint(
                        "server \(server.name) is described twice", "name it after the first time")
                }
            } else {
                servers.append(server)
            }
            return .string(server.name)
        }

        func profiles(
            _ value: JSONValue, _ place: FilePlace
        ) throws(Complaint) -> [(name: String, profile: Profile)] {
            guard case .object(let members) = value else {
                throw place.complaint("is not an object", "write {name: {filter: ...}, ...}")
            }
            var profiles: [(name: String, profile: Profile)] = []
            for member in members {
                let place = place.in(member.name)
                guard member.name.wholeMatch(of: /[a-z0-9][a-z0-9-]*/) != nil else {
                    throw place.complaint(
                        "is no name for a profile", "use lower-case letters, digits and dashes")
                }
                profiles.append((member.name, try profile(member.value, place)))
            }
            return profiles.sorted { $0.name < $1.name }
        }

        private func profile(
            _ value: JSONValue, _ place: FilePlace
        ) throws(Complaint) -> Profile {
            var profile = Profile()
            let known = [
                "about", "filter", "warmup", "duration", "repeat", "spare", "pairs", "search",
            ]
            for member in try place.members(value, known: known) {
                let inner = place.in(member.name)
                switch member.name {
                case "about":
                    profile.about = try inner.text(member.value, example: "a quick look")
                case "filter":
                    let text = try inner.text(member.value, example: "pattern=single")
                    profile.filter = try CellFilter(
                        parsing: text, origin: "\(file): \(inner.path)")
                case "warmup": profile.warmup = try CellDraft.time(member.value, inner)
                case "duration": profile.duration = try CellDraft.duration(member.value, inner)
                case "spare": profile.spare = try CellDraft.time(member.value, inner)
                case "pairs": profile.pairs = try Self.pairs(member.value, inner)
                case "search":
                    profile.search = try SearchTimes(
                        member.value, over: settings.search, inner)
                default: profile.repeats = try CellDraft.repeats(member.value, inner)
                }
            }
            return profile
        }

        /// The counts of a gate, checked here so that every command refuses the same files.
        private static func pairs(
            _ value: JSONValue, _ place: FilePlace
        ) throws(Complaint) -> JSONValue {
            _ = try PairCounts.read(value, over: GatePolicy(), place)
            return value
        }
    }
}
