/// Which way a figure gets better.
package enum Direction: String, Sendable, CaseIterable {
    case lower, higher
}

/// A figure that two runs are compared by: a column of their tables.
package struct ComparedMetric: Equatable, Hashable, Sendable {
    package let name: String
    /// As in docs/FORMAT.md: `ns`, `bytes`, `1/s`, `1`; empty when unknown.
    package let unit: String
    package let better: Direction
    package let tier: MetricTier

    /// The columns of `runs.csv` that are compared, in the order of the reports. What describes the
    /// generator rather than the server is not among them.
    package static let known: [ComparedMetric] = [
        .init(name: "rps", unit: "1/s", better: .higher, tier: .paired),
        .init(name: "srv_cpu_ns_per_req", unit: "ns", better: .lower, tier: .paired),
        .init(name: "p50_ns", unit: "ns", better: .lower, tier: .wide),
        .init(name: "p90_ns", unit: "ns", better: .lower, tier: .wide),
        .init(name: "p99_ns", unit: "ns", better: .lower, tier: .advisory),
        .init(name: "p999_ns", unit: "ns", better: .lower, tier: .advisory),
        .init(name: "max_ns", unit: "ns", better: .lower, tier: .advisory),
        .init(name: "srv_syscalls_per_req", unit: "1", better: .lower, tier: .paired),
        .init(name: "srv_epoll_wait_per_req", unit: "1", better: .lower, tier: .paired),
        .init(name: "srv_ctxsw_vol_per_req", unit: "1", better: .lower, tier: .paired),
        .init(name: "srv_rss_peak_bytes", unit: "bytes", better: .lower, tier: .wide),
        .init(name: "worker_balance_cv", unit: "1", better: .lower, tier: .advisory),
    ]

    package static func known(_ name: String) -> ComparedMetric? { known.first { $0.name == name } }

    /// The sign that makes a rise of the logarithm mean worse.
    package var worseSign: Double { better == .lower ? 1 : -1 }
}
