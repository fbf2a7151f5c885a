package import Basis

extension EventStream {
    /// Writes events behind what is queued: any of `type`, `id`, `retry` and `data`, then `end`.
    /// What is written must be UTF-8.
    package enum Writer {
        /// Writes a whole event of nothing but data.
        ///
        /// Hot: once an event.
        package static func write(_ data: Span<UInt8>, to output: inout ByteQueue) {
            self.data(data, to: &output)
            end(to: &output)
        }

        /// A line of data for each line of `bytes`. The receiver joins lines with a line feed,
        /// whatever ended them here; a line end at the very end begins an empty line.
        package static func data(_ bytes: Span<UInt8>, to output: inout ByteQueue) {
            lines("data: ", bytes, to: &output)
        }

        /// A comment, which keeps the connection alive and means nothing; one for each line of
        /// `text`.
        package static func comment(_ text: Span<UInt8>, to output: inout ByteQueue) {
            lines(": ", text, to: &output)
        }

        /// The event's type. An event without one is a `message`.
        /// - Parameter name: on one line.
        package static func type(_ name: Span<UInt8>, to output: inout ByteQueue) {
            precondition(isOneLine(name), "a line end in an event's type")
            output.append("event: ")
            output.append(name)
            output.append(.lineFeed)
        }

        /// What a client gives as Last-Event-ID when it comes again; empty takes it back.
        /// - Parameter bytes: on one line and without NUL, with which it would be ignored.
        package static func id(_ bytes: Span<UInt8>, to output: inout ByteQueue) {
            precondition(
                isOneLine(bytes) && bytes.indices.allSatisfy { bytes[$0] != 0 },
                "a line end or NUL in an event's id")
            output.append("id: ")
            output.append(bytes)
            output.append(.lineFeed)
        }

        /// The same for events that are counted.
        package static func id(_ number: UInt64, to output: inout ByteQueue) {
            output.append("id: ")
            output.append(decimal: number)
            output.append(.lineFeed)
        }

        /// How long a client waits before it comes again.
        package static func retry(milliseconds: UInt64, to output: inout ByteQueue) {
            output.append("retry: ")
            output.append(decimal: milliseconds)
            output.append(.lineFeed)
        }

        /// The end of an event. One without data is none; its id counts all the same.
        @inline(always)
        package static func end(to output: inout ByteQueue) { output.append(.lineFeed) }

        private static func lines(
            _ name: StaticString, _ bytes: Span<UInt8>, to output: inout ByteQueue
        ) {
            var start = 0
            while true {
                let end = bytes.firstIndex(of: LineEndByte(), from: start)
                output.append(name)
                output.append(bytes.extracting(start..<end))
                output.append(.lineFeed)
                if end == bytes.count { return }
                start = end + 1
                if bytes[end] == .carriageReturn, start < bytes.count, bytes[start] == .lineFeed {
                    start += 1
                }
            }
        }

        private static func isOneLine(_ bytes: Span<UInt8>) -> Bool {
            bytes.firstIndex(of: LineEndByte(), from: 0) == bytes.count
        }
    }
}
