import Basis
import Report

/// The matrix of `--url`: a first look at a server that runs already, in under half a minute. A
/// closed loop of 1, 8 and 64 connections says how fast it is, alone and at its limit, and an open
/// loop at two modest rates what a request takes when it need not wait for others.
struct QuickMatrix: Equatable, Sendable {
    /// Stands where the path of a matrix file would.
    static let name = "--url"
    /// What the server is called in cells.
    static let server = "target"

    let url: String
    let measure: String?
    let agent: String?

    /// The matrix with its server; complaints name the options.
    func matrix() throws(Complaint) -> Matrix {
        // What is wrong is told before it is wrapped into a file that nobody wrote.
        try check()
        return try Matrix(parsing: text, file: Self.name)
    }

    private var description: JSONValue {
        let members: [(String, String?)] = [
            ("url", url), ("measure", measure), ("agent", agent),
        ]
        return .object(
            [.init("name", .string(Self.server))]
                + members.compactMap { name, value in value.map { .init(name, .string($0)) } })
    }

    private func check() throws(Complaint) {
        do throws(Complaint) {
            _ = try OutsideServer(
                description, of: Self.server, FilePlace(file: "--url", path: ""))
        } catch {
            // The place of a member is its option.
            var problem = error.problem
            for name in OutsideServer.keys {
                let place = "--url: \(name): "
                if problem.hasPrefix(place) {
                    problem = "--\(name) " + problem.dropFirst(place.count)
                }
            }
            throw Complaint(problem, remedy: error.remedy, status: error.status)
        }
    }

    private var text: String {
        let value: JSONValue = [
            "defaults": [
                "server": description, "warmup": "500ms", "duration": "2500ms", "timeout": "2s",
                "repeat": 1, "connections": 64,
            ],
            "axes": ["connections": [1, 8, 64]],
            "include": [["rate": [200, 1000]]],
        ]
        return value.compact
    }
}

extension QuickMatrix {
    var members: [JSONValue.Member] {
        [
            .init("url", .string(url)), .init("measure", .optional(measure)),
            .init("agent", .optional(agent)),
        ]
    }

    init?(_ fields: RecordFields) throws(RecordRefusal) {
        guard let url = try fields.optionalText("url") else { return nil }
        self.init(
            url: url, measure: try fields.optionalText("measure"),
            agent: try fields.optionalText("agent"))
    }
}
