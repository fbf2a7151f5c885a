import Basis
import Report

extension ComparedMetric {
    /// The known ones in words, each with the unit of its figures in a table and how many of the
    /// file's unit make one of these. `plots/forest.gp` has the same words.
    private static let words: [String: (title: String, unit: Double)] = [
        "rps": ("requests/s", 1), "srv_cpu_ns_per_req": ("CPU time a request, µs", 1e3),
        "p50_ns": ("median latency, µs", 1e3), "p90_ns": ("p90 latency, µs", 1e3),
        "p99_ns": ("p99 latency, µs", 1e3), "p999_ns": ("p99.9 latency, µs", 1e3),
        "max_ns": ("longest latency, µs", 1e3),
        "srv_syscalls_per_req": ("system calls a request", 1),
        "srv_epoll_wait_per_req": ("epoll waits a request", 1),
        "srv_ctxsw_vol_per_req": ("sleeps a request", 1),
        "srv_rss_peak_bytes": ("peak memory, MiB", 1_048_576),
        "worker_balance_cv": ("unevenness of workers, CV", 1),
    ]

    /// What a table calls it: words with a unit, or the column of a table of the user's own.
    package var title: String { Self.words[name]?.title ?? name }

    /// A figure in the unit of the title.
    package func shown(_ figure: Double) -> String {
        decimalDisplay(figure / (Self.words[name]?.unit ?? 1))
    }
}
