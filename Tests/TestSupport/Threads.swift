package import Platform

/// Runs `body` on `count` threads, each with its index, and waits for all of them.
package func withThreads(
    _ count: Int, _ body: @escaping @Sendable (_ index: Int) -> Void
) throws(SystemError) {
    let threads = Guarded<[Handover<Thread>]>([])
    for index in 0..<count {
        let thread = Handover(try Thread(named: "test-\(index)") { body(index) })
        threads.withLock { $0.append(thread) }
    }
    for thread in threads.withLock({ $0 }) { thread.take().join() }
}
