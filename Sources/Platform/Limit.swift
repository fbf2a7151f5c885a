import Basis

/// Bounds of the operating-system layer.
package enum Limit {
    /// Events taken from one wait: enough to amortise the call, few enough to stay in the L1 cache
    /// (12 bytes each).
    package static let eventsPerWait = 256
    /// CPUs that an affinity mask can name, the kernel's largest build (NR_CPUS).
    static let cpus = 8_192
    /// Bytes of a child's output line that are kept while waiting for its end.
    static let childLineBytes = 64 * 1_024 * 1_024
    /// Bytes of a line that is told to a child, which a pipe takes whole (pipe(7), PIPE_BUF).
    static let toldBytes = 4_096
    /// Requests that a ring takes between two calls; more cost a call.
    static let ringEntries: UInt32 = 1_024
    /// How often completions are taken to make room for a request.
    static let ringPatience = 16
    /// After what time to look for bytes that a receive has left, and at most where none are.
    static let ringRestPause = Nanoseconds.milliseconds(1)
    static let ringRestPauseAtMost = Nanoseconds.milliseconds(128)
    /// Buffers of a ring, and their size: 2 MiB, which hold the requests of a turn. The kernel
    /// stops to receive where none is free.
    static let ringBuffers: UInt32 = 512
    static let ringBufferBytes: UInt32 = 4_096
    /// Bytes that have come on a connection above which no more are asked for: two times what one
    /// receive takes.
    static let ringInputBytes = 128 * 1_024
    /// Bytes of a connection that are with the kernel to be sent.
    static let ringOutputBytes = 256 * 1_024
    /// Storage for bytes under way that a ring keeps for the next ones: as much as a turn has
    /// events, in both directions.
    static let ringSpares = 2 * eventsPerWait
    static let ringSpareBytes = 16 * 1_024
    /// Bytes of a connection that another thread is to send.
    static let stageBytes = 256 * 1_024
    /// Storage that is kept for the next bytes on that way, by whichever connection.
    static let stageSpares = 2 * eventsPerWait
    static let stageSpareBytes = 16 * 1_024
    /// How long a connection that is to be closed may take for what the kernel has no room for yet.
    static let lastWords = Nanoseconds.seconds(30)
    /// How long the end of a loop waits for what is still to be sent.
    static let farewell = Nanoseconds.seconds(1)
}
