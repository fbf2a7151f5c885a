import Foundation

/// The line that a server prints when it has stopped, and answers to `snapshot`.
package struct ServerReport: Decodable {
    package let event: String
    package let workers: [Worker]
    package let rssPeakBytes: Int
    package let cpuNs: Int

    /// What one thread counted.
    package struct Worker: Decodable {
        package let worker: Int
        package let role: String
        package let accepted: Int
        package let connections: Int
        package let requests: Int
        package let cpuNs: Int
        package let voluntarySwitches: Int
        package let syscalls: [String: Int]
        package let wakeups: Int
        package let eagainAccepts: Int
        package let handoffs: Int
        package let steals: Int
        package let shed: Int
        package let handshakesFailed: Int
        package let handshakesResumed: Int
        package let earlyAccepted: Int
        package let dropsBeforeWork: Int
        package let dropsAfterWork: Int
        package let cutAnswers: Int
        package let fastopenAccepted: Int
        package let fastopenMissed: Int
        package let firstBytes: Int
        package let firstByteNs: Int
        package let firstByteBuckets: [Int]
        package let timedMessages: Int
        package let queueWaitNs: Int
        package let handlerNs: Int
    }

    package init(line: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(ServerReport.self, from: Data(line.utf8))
    }

    package func sum(_ count: (Worker) -> Int) -> Int { workers.map(count).reduce(0, +) }

    package var accepted: Int { sum(\.accepted) }
    package var requests: Int { sum(\.requests) }
    package var shed: Int { sum(\.shed) }

    /// Connections that each thread of `role` came to own or, for acceptors, accepted.
    package func spread(of role: String) -> [Int] {
        workers.filter { $0.role == role }
            .map { role == "acceptor" ? $0.accepted : $0.connections }
    }
}
