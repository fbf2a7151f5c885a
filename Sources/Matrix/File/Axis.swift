import Basis

/// What may vary from cell to cell. The raw value is the key in a matrix file and in a filter.
enum Axis: String, CaseIterable, Sendable {
    case server, pattern, `protocol`, threads, connections, streams, payload, path, pipeline, tls
    case handshake, nodelay, quickack, cork, close, fastopen
    case requestShape = "request_shape"
    case replyShape = "reply_shape"
    case requestsPerConnection = "requests_per_connection"
    case connectionRate = "connection_rate"
    case rtt
    case linkLoss = "link_loss"
    case linkRate = "link_rate"
    case rate, arrivals, burst, skew, idle
    case slowReaders = "slow_readers"
    case slowSenders = "slow_senders"
    case expect, mix

    /// The greatest count that a cell may ask for: more connections than ports and addresses of one
    /// machine can carry are a slip of the finger.
    static let countLimit = 16_000_000
}
