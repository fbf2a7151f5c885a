package import Basis

/// The line a server prints when it accepts connections.
package struct ServerReady: Equatable, Sendable {
    /// `HOST:PORT` with the port the kernel chose.
    package var listen: String
    package var processID: Int32
    /// The pattern's full id, never a bare family.
    package var pattern: String
    package var threads: Int

    package init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        guard try fields.text("event") == "ready" else {
            throw RecordRefusal(path: "event", problem: "is not 'ready'")
        }
        listen = try fields.text("listen")
        processID = Int32(clamping: try fields.integer("pid"))
        pattern = try fields.text("pattern")
        threads = try fields.count("threads")
    }

    package var port: UInt16? {
        listen.lastIndex(of: ":").flatMap { UInt16(listen[listen.index(after: $0)...]) }
    }
}
