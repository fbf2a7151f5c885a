import Platform

/// What not every machine allows.
package enum Machine {
    /// Whether this process may load programs that choose among listeners (bpf(2)).
    package static let loadsPrograms: Bool = {
        do throws(SystemError) {
            var settings = ListenOptions()
            settings.sharesPort = true
            let listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), settings)
            try ListenerLoads(count: 1).takeTurns(listener)
            return true
        } catch {
            return false
        }
    }()
    /// Whether this process may use io_uring(7) as Linux 6.1 has it.
    package static let hasRings: Bool = {
        guard let kernel = try? RingKernel() else { return false }
        kernel.free()
        return true
    }()
}
