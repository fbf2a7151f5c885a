import Foundation
import Platform
import TestSupport
import Testing

/// `switchyard-floor server` on a port that the kernel chose; it ends with the value.
final class BareServer {
    let port: UInt16
    private var child: ChildProcess

    /// - Parameter options: say what it speaks.
    init(_ options: String...) throws {
        var child = try ChildProcess(
            SpawnOptions(
                try Programs.own("switchyard-floor"), ["server", "--port", "0"] + options))
        let line = child.nextLine(timeout: TestLimit.hang) ?? ""
        let match = line.firstMatch(of: /127\.0\.0\.1:(\d+)/)
        port = try #require(match.flatMap { UInt16($0.1) })
        self.child = child
    }

    deinit { child.terminate() }
}

/// `switchyard-floor client` for a moment.
struct BareRun: Decodable {
    let requests: Int
    let responseBytes: Int

    static func tool(port: UInt16, _ arguments: [String]) throws -> Tool {
        try Tool(
            try Programs.own("switchyard-floor"),
            ["client", "--port", "\(port)", "-d", "0.1", "--warmup", "0.05", "--json"] + arguments)
    }

    /// What `tool` says that it did.
    init(_ tool: Tool) throws {
        #expect(tool.status == 0 && tool.errors.isEmpty, "\(tool.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(BareRun.self, from: Data(tool.output.utf8))
    }
}
