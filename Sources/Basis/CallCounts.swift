/// System calls by kind, and what they brought.
package struct CallCounts<Cell: CounterCell>: CounterTable {
    package var wait = Cell("epoll_wait", "calls of epoll_wait", in: "syscalls")
    package var receive = Cell("recv", "calls of recv", in: "syscalls", isReported: false)
    package var send = Cell("send", "calls of send", in: "syscalls", isReported: false)
    package var accept = Cell("accept", "calls of accept", in: "syscalls", isReported: false)
    /// epoll_ctl, close, connect, setsockopt, eventfd reads and writes.
    package var other = Cell(
        "other", "other counted system calls", in: "syscalls", isReported: false)
    /// No calls, so it stands beside them.
    package var ready = Cell("ready", "events that calls of epoll_wait brought", isReported: false)

    package init() {}
}
