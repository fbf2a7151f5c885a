package import Basis
import CLinux
import Glibc

/// A child process with its standard output as a stream of lines. It leads a process group: signals
/// go to all of it, and what a child leaves behind in its group is killed with its end, so that
/// nothing outlives its owner by mistake.
package struct ChildProcess: ~Copyable {
    /// How a child came to its end.
    package enum Ending: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package let processID: Int32
    /// The member of the group that ends it with this program; 0 where there is none.
    package let guardianID: Int32
    /// Readable once the child has ended.
    private let handle: Descriptor
    private var output: LineReader
    private var errors: LineReader?
    private var input: Descriptor?
    private var ended: (Ending, ResourceUsage)?

    package init(_ options: SpawnOptions) throws(SystemError) {
        let outputPipe = try Pipe()
        let outputWrite = outputPipe.writing.raw
        let errorPipe = try Pipe()
        let inputPipe = try Pipe()
        let null = Descriptor(
            raw: try checked("open") { unsafe open("/dev/null", O_RDWR | O_CLOEXEC) })
        var request = unsafe clinux_spawn()
        switch options.standardInput {
        case .nothing: unsafe request.standard_input = null.raw
        case .inherit: unsafe request.standard_input = -1
        case .piped: unsafe request.standard_input = inputPipe.reading.raw
        }
        switch options.standardOutput {
        case .captured: unsafe request.standard_output = outputWrite
        case .inherit: unsafe request.standard_output = -1
        case .errors: unsafe request.standard_output = STDERR_FILENO
        }
        switch options.standardError {
        case .inherit: unsafe request.standard_error = -1
        case .captured: unsafe request.standard_error = errorPipe.writing.raw
        case .discarded: unsafe request.standard_error = null.raw
        }
        unsafe request.own_group = 1
        unsafe request.terminal = options.terminal?.descriptor ?? -1
        unsafe request.user_namespace = options.network?.owner?.descriptor.raw ?? -1
        unsafe request.network_namespace = options.network?.descriptor.raw ?? -1
        unsafe request.ends_with_parent = options.diesWithParent ? 1 : 0
        unsafe request.descriptor_limit = UInt64(options.descriptorLimit ?? 0)
        var guardian: pid_t = 0
        // SAFETY: every pointer put into the request outlives the call: the C strings and the mask
        // live in the closures' arguments, the guardian's id on this stack.
        let child = unsafe withCStrings([options.program] + options.arguments) { arguments in
            let environment = options.environment?.map { "\($0.key)=\($0.value)" }.sorted()
            return unsafe withCStrings(environment ?? []) { variables in
                unsafe options.program.withCString { path in
                    unsafe request.path = path
                    unsafe request.arguments = arguments
                    if environment != nil { unsafe request.environment = variables }
                    let mask = options.cpus?.words ?? []
                    return unsafe mask.withUnsafeBufferPointer { words in
                        if !words.isEmpty { unsafe request.cpus = words.baseAddress }
                        unsafe request.cpu_words = CInt(words.count)
                        guard let directory = options.directory else {
                            return unsafe clinux_spawn(&request, &guardian)
                        }
                        return unsafe directory.withCString {
                            unsafe request.directory = $0
                            return unsafe clinux_spawn(&request, &guardian)
                        }
                    }
                }
            }
        }
        guard child > 0 else { throw SystemError("execvp") }
        let handle = clinux_process_handle(child)
        guard handle >= 0 else {
            let error = SystemError("pidfd_open")
            clinux_end_group(child, guardian)
            throw error
        }
        processID = child
        guardianID = guardian
        self.handle = Descriptor(raw: handle)
        ended = nil
        output = LineReader(outputPipe.takeReading())
        errors = options.standardError == .captured ? LineReader(errorPipe.takeReading()) : nil
        input = options.standardInput == .piped ? inputPipe.takeWriting() : nil
    }

    deinit {
        if ended == nil { clinux_end_group(processID, guardianID) }
    }

    /// The next line of standard output without its newline; nil at its end or when `timeout`
    /// passes.
    package mutating func nextLine(timeout: Nanoseconds) -> String? {
        output.next(timeout: timeout)
    }

    /// All that is left of standard output until its end or until `timeout` passes.
    package mutating func remainingOutput(timeout: Nanoseconds) -> String {
        output.rest(timeout: timeout)
    }

    /// What the child wrote to a captured standard error, until its end or until `timeout` passes.
    package mutating func remainingErrors(timeout: Nanoseconds) -> String {
        errors?.rest(timeout: timeout) ?? ""
    }

    /// Writes a line of a few bytes to a piped standard input; false where nobody reads it.
    package mutating func tell(_ line: String) -> Bool {
        let bytes = Array((line + "\n").utf8)
        precondition(bytes.count <= Limit.toldBytes, "what is told fits into the pipe")
        guard let fd = input?.raw else { return false }
        // SAFETY: the call reads the array's own bytes, which a pipe takes all or none (pipe(7),
        // PIPE_BUF).
        let written = unsafe bytes.withUnsafeBytes {
            unsafe clinux_write_quietly(fd, $0.baseAddress!, $0.count)
        }
        return written == bytes.count
    }

    /// Ends a piped standard input.
    package mutating func closeInput() { input = nil }

    /// Asks the child to end in order (SIGTERM).
    package func terminate() { signal(SIGTERM) }
    package func interrupt() { signal(SIGINT) }
    package func killNow() { signal(SIGKILL) }
    /// Stops the child where it stands, and lets it go on.
    package func pause() { signal(SIGSTOP) }
    package func proceed() { signal(SIGCONT) }

    private func signal(_ number: CInt) {
        if ended == nil { kill(-processID, number) }
    }

    /// Registers the child's end with `poller` under `token`.
    package func watchEnd(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(handle, interest: .readable, token: token)
    }

    /// Whether the child was stopped (Ctrl-Z) since the last question.
    package var wasStopped: Bool {
        // SAFETY: waitid(2) fills the structure; with WNOHANG it is left as it is while there is
        // nothing to say. The field read holds no pointer.
        var information = unsafe siginfo_t()
        let result = unsafe waitid(P_PID, id_t(processID), &information, WSTOPPED | WNOHANG)
        return unsafe result == 0 && information.si_signo == SIGCHLD
    }

    /// Waits for the end; nil when it has not come within `timeout`.
    package mutating func wait(timeout: Nanoseconds) -> (ending: Ending, usage: ResourceUsage)? {
        let deadline = MonotonicClock.now + min(timeout, .seconds(1_000_000))
        while true {
            if let ended { return ended }
            if isOver {
                // The guardian is among those that end here.
                kill(-processID, SIGKILL)
                ended = reap()
                clinux_reap(guardianID)
                continue
            }
            if MonotonicClock.now >= deadline { return nil }
            var entries = [pollfd(fd: handle.raw, events: Int16(POLLIN), revents: 0)]
            awaitActivity(of: &entries, until: deadline)
        }
    }

    /// Takes the ending of a child that has ended.
    private func reap() -> (Ending, ResourceUsage) {
        var status: CInt = 0
        var usage = rusage()
        // SAFETY: wait4(2) fills both structures.
        while unsafe wait4(processID, &status, 0, &usage) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return (
            signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal),
            ResourceUsage(usage)
        )
    }

    /// Sleeps until this child or `other` has ended or has written something that is not taken yet,
    /// or until `deadline`: a look now and then would cost the CPUs that somebody measures on.
    package func sleep(until deadline: Instant, unless other: borrowing ChildProcess) {
        var entries = sources + other.sources
        awaitActivity(of: &entries, until: deadline)
    }

    /// The same with no other.
    package func sleep(until deadline: Instant) {
        var entries = sources
        awaitActivity(of: &entries, until: deadline)
    }

    /// What poll(2) is to watch of this child. A pipe whose end was read is always ready.
    private var sources: [pollfd] {
        var all = [handle.raw]
        if let source = output.openSource { all.append(source) }
        switch errors {
        case .some(let reader): if let source = reader.openSource { all.append(source) }
        case nil: break
        }
        return all.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    }
}

extension ChildProcess {
    /// Whether the child itself has ended. It is not reaped by the question, so that the id of its
    /// group is still its own.
    private var isOver: Bool {
        // SAFETY: waitid(2) fills the structure; with WNOHANG it is left as it is while the child
        // runs. The field read holds no pointer.
        var information = unsafe siginfo_t()
        let result = unsafe waitid(
            P_PID, id_t(processID), &information, WEXITED | WNOHANG | WNOWAIT)
        return unsafe result == 0 && information.si_signo == SIGCHLD
    }
}

/// Reads lines from a pipe with a deadline.
private struct LineReader: ~Copyable {
    private let source: Descriptor
    private var buffer = ByteQueue()
    private var atEnd = false

    init(_ source: consuming Descriptor) { self.source = source }

    mutating func next(timeout: Nanoseconds) -> String? {
        let deadline = MonotonicClock.now + min(timeout, .seconds(1_000_000))
        var searched = 0
        while true {
            if let end = newline(from: searched) {
                let line = text(upTo: end)
                buffer.consume(end + 1)
                return line
            }
            searched = buffer.count
            if atEnd {
                guard !buffer.isEmpty else { return nil }
                let line = text(upTo: buffer.count)
                buffer.removeAll()
                return line
            }
            if !fill(until: deadline) { return nil }
        }
    }

    /// The pipe, until its end was read.
    var openSource: CInt? { atEnd ? nil : source.raw }

    private func newline(from start: Int) -> Int? {
        let bytes = buffer.bytes
        for index in start..<bytes.count where bytes[index] == UInt8(ascii: "\n") { return index }
        return nil
    }

    mutating func rest(timeout: Nanoseconds) -> String {
        let deadline = MonotonicClock.now + min(timeout, .seconds(1_000_000))
        while !atEnd, buffer.count < Limit.childLineBytes, fill(until: deadline) {}
        let all = text(upTo: buffer.count)
        buffer.removeAll()
        return all
    }

    /// Waits for more; false when the deadline passed.
    private mutating func fill(until deadline: Instant) -> Bool {
        var entries = [pollfd(fd: source.raw, events: Int16(POLLIN), revents: 0)]
        let ready = awaitActivity(of: &entries, until: deadline)
        if ready == 0 { return false }
        if ready < 0 { return errno == EINTR }
        let fd = source.raw
        var isInterrupted = false
        let got = unsafe buffer.withFreeSpace(minimum: 4_096) { free in
            // SAFETY: read(2) fills at most the room it is given.
            let count = unsafe Glibc.read(fd, free.baseAddress!, free.count)
            isInterrupted = count < 0 && errno == EINTR
            return max(0, count)
        }
        if got == 0, !isInterrupted { atEnd = true }
        return true
    }

    private func text(upTo end: Int) -> String {
        let bytes = buffer.bytes.extracting(0..<end)
        // SAFETY: the pointer is used only inside the closure.
        return unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// Both ends of a pipe(7), close-on-exec.
private struct Pipe: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor

    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        // SAFETY: pipe2(2) fills both entries.
        _ = try checked("pipe2") { unsafe clinux_pipe(&ends) }
        reading = Descriptor(raw: ends[0])
        writing = Descriptor(raw: ends[1])
    }

    /// Closes the writing end and keeps the other.
    consuming func takeReading() -> Descriptor { reading }
    /// Closes the reading end and keeps the other.
    consuming func takeWriting() -> Descriptor { writing }
}

/// Lends a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    // SAFETY: strdup(3) copies each string; all are freed after the body and the list ends with
    // nil.
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
