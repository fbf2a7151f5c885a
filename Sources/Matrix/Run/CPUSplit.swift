import Platform
import Report

/// Which CPUs the server has and which the generator, each ascending and not empty.
struct CPUSplit: Equatable, Sendable {
    let server: [Int]
    let load: [Int]
}

extension CPUSplit {
    /// Half each, the generator's first; the server gets the odd one. A single CPU is shared.
    init(halving available: [Int]) {
        precondition(!available.isEmpty, "there is a CPU to run on")
        let half = available.count / 2
        server = Array(available[half...])
        load = half == 0 ? available : Array(available[..<half])
    }

    /// The CPUs that both use.
    var shared: [Int] { server.filter { load.contains($0) } }

    /// Where the forwarder of a link runs: on CPUs that neither has, else on the generator's. It
    /// goes before everybody else, and the server is what is measured.
    func forLink(of available: [Int]) -> [Int] {
        let free = available.filter { !server.contains($0) && !load.contains($0) }
        return free.isEmpty ? load : free
    }

    /// What is wrong with it for figures that one can trust.
    var warning: Warning? {
        shared.isEmpty ? nil : .sharedCPUs("\(CPUSet(shared))")
    }
}
