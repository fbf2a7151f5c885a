/// The part of the kernel's command line (proc_cmdline(5)) that figures depend on.
///
/// The rest is left out: it names disks, addresses, consoles and tokens of a machine's owner.
package enum KernelParameters {
    /// Names as in the kernel's admin-guide/kernel-parameters.txt; with a star at the end, all
    /// that begin so.
    private static let recorded = [
        // What the scheduler, ticks and callbacks may do on which CPU.
        "isolcpus", "nohz", "nohz_full", "rcu_nocbs", "rcu_nocb_poll", "irqaffinity", "maxcpus",
        "nr_cpus", "nosmt", "kthread_cpus", "managed_irq", "threadirqs", "preempt", "skew_tick",
        "numa_balancing", "cgroup_disable", "psi", "audit", "nowatchdog", "nmi_watchdog",
        // Clocks, frequency and sleep.
        "clocksource", "tsc", "idle", "highres", "hpet", "intel_pstate", "amd_pstate",
        "cpufreq.*", "cpuidle.*", "cpuidle_haltpoll.*", "haltpoll.*", "intel_idle.*",
        "processor.*",
        // Defences.
        "mitigations", "spectre*", "nospectre*", "spec_*", "pti", "nopti", "kpti", "l1tf", "mds",
        "tsx", "tsx_async_abort", "retbleed", "srbds", "mmio_stale_data", "gather_data_sampling",
        "reg_file_data_sampling", "indirect_target_selection", "nokaslr", "init_on_alloc",
        "init_on_free", "page_poison", "slub_debug",
        // Memory and virtual machines.
        "transparent_hugepage", "hugepages", "hugepagesz", "default_hugepagesz", "iommu",
        "intel_iommu", "amd_iommu", "no-kvmclock", "nopvspin",
    ]

    /// The recorded parameters in their order, or `none`.
    package static func recorded(of commandLine: String) -> String {
        // What follows "--" is meant for init.
        let parameters = commandLine.split(whereSeparator: \.isWhitespace).prefix { $0 != "--" }
        let kept = parameters.filter { parameter in
            let name = parameter.prefix { $0 != "=" }
            return recorded.contains {
                $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0
            }
        }
        return kept.isEmpty ? "none" : kept.joined(separator: " ")
    }
}
