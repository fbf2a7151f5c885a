import Basis
import Platform
import Report

/// Asks a running server for its counters over the Unix socket that it was started with.
enum ControlClient {
    /// Sends `snapshot` and reads the one line of the answer; nil when there is no such socket or
    /// no answer within `timeout`.
    static func snapshot(at path: String, timeout: Nanoseconds) -> ServerReport? {
        do {
            var server = try Conversation(with: .unix(path: path), timeout: timeout)
            let line = try server.askLine("snapshot\n", timeout: timeout)
            return try ServerReport(json: JSONValue(parsing: String(line)))
        } catch {
            return nil
        }
    }
}
