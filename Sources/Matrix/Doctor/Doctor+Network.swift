import Basis

extension Doctor {
    /// Limits that a load of many connections meets.
    var network: [Check] {
        [
            Check(
                "open files", value: "\(openFiles.soft) soft, \(openFiles.hard) hard",
                want: "16384 or more", why: "each connection is a descriptor on both sides",
                fix: "ulimit -n 1048576"
            ) { _ in
                openFiles.soft >= 16_384 ? .ok : openFiles.hard >= 16_384 ? .ok : .warn
            },
            localPorts,
            number(
                "somaxconn", "net/core/somaxconn", atLeast: 4_096,
                why: "the kernel cuts every listen queue to it",
                fix: "sysctl net.core.somaxconn=4096"),
            number(
                "syn backlog", "net/ipv4/tcp_max_syn_backlog", atLeast: 1_024,
                why: "bursts of connects are dropped and tried again a second later",
                fix: "sysctl net.ipv4.tcp_max_syn_backlog=4096"),
            number(
                "conntrack", "net/netfilter/nf_conntrack_max", atLeast: 65_536,
                why: "a full connection table drops packets in silence",
                fix: "sysctl net.netfilter.nf_conntrack_max=1048576"),
            tcpMemory,
            fastOpen,
        ]
    }

    private func number(
        _ name: String, _ path: String, atLeast least: Int, why: String, fix: String
    ) -> Check {
        Check(
            name, value: line("/proc/sys/\(path)"), want: "\(least) or more", why: why, fix: fix
        ) { Int($0) ?? 0 >= least ? .ok : .warn }
    }

    private var localPorts: Check {
        let range =
            line("/proc/sys/net/ipv4/ip_local_port_range")?
            .split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
        let count = range.count == 2 ? max(0, range[1] - range[0] + 1) : nil
        return Check(
            "local ports", value: count.map { "\($0)" }, want: "20000 or more",
            why: "connections from one address to one port are limited to them",
            fix: "sysctl net.ipv4.ip_local_port_range='1024 65535'"
        ) { _ in count ?? 0 >= 20_000 ? .ok : .warn }
    }

    /// Only cells that ask for it need it.
    private var fastOpen: Check {
        Check(
            "fast open", value: line("/proc/sys/net/ipv4/tcp_fastopen"), want: "3",
            why: "cells with fastopen need it on both sides: 1 is the client's bit, 2 the server's",
            fix: "sysctl net.ipv4.tcp_fastopen=3"
        ) { (Int($0) ?? 0) & 3 == 3 ? .ok : .warn }
    }

    private var tcpMemory: Check {
        let pages = line("/proc/sys/net/ipv4/tcp_mem")?.split(whereSeparator: \.isWhitespace)
            .last.flatMap { Int($0) }
        return Check(
            "tcp memory", value: pages.map { ByteCount.kibibytes($0 * 4).display },
            want: "64MiB or more", why: "above it the kernel drops and shrinks buffers",
            fix: "raise net.ipv4.tcp_mem"
        ) { _ in pages ?? 0 >= 16_384 ? .ok : .warn }
    }
}
