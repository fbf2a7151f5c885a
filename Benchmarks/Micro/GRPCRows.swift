import Basis
import Foundation

/// What unary calls of gRPC cost: the generator beside h2load, which posts the same bytes and reads
/// no message and no trailer, the server beside grpcio and beside nghttpd, which reads neither and
/// sends a file.
enum GRPCRows {
    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let contest = Contest(
            .grpc(streams: 32), connections: 16, title: "gRPC 16 x 32", settings, isQuiet)
        let request = try RequestFile()
        return try contest.generators(
            [(.h2loadPosting(file: request.path), .atLeast(1.5))],
            against: .switchyard(pattern: "sharded"))
            + contest.servers([(.grpcio, .atLeast(5)), (.nghttpdUnary, .comparison)])
    }

    /// The bytes of a request in a file, which goes with the value.
    private struct RequestFile: ~Copyable {
        let path: String

        init() throws(Complaint) {
            let file = FileManager.default.temporaryDirectory.appending(
                path: "switchyard-micro-\(UUID().uuidString)")
            path = file.path
            do {
                try Data(Spoken.Unary.request).write(to: file)
            } catch {
                throw Complaint(
                    "\(path) can't be written: \(error)", remedy: "set TMPDIR", status: .failure)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }
}
