import Basis
import Platform

/// Two networks of one address each, and the ports by which packets get out of them and into them.
/// Nothing of it has a name that others see, and all is gone with the program.
struct LinkNetwork: ~Copyable {
    /// Where the forwarder finds the packets of both sides.
    struct Ports: ~Copyable, Sendable {
        let near: PacketPort
        let far: PacketPort
    }

    let near: NetworkNamespace
    let far: NetworkNamespace
    let device: LinkSettings.Device
    /// Made in a user namespace, without rights outside.
    let isUnprivileged: Bool
    /// What could not be set, each a line for a person.
    let notes: [String]
    private let ports: Ports

    /// Makes them; the calling thread, the only one, is in the far network then.
    init(_ wanted: LinkSettings.Device?) throws(Complaint) {
        let (near, isUnprivileged) = try Self.enterFirst()
        let notes = Self.prepare()
        let rest = try Self.rest(near, wanted)
        self.near = near
        self.isUnprivileged = isUnprivileged
        self.notes = notes
        far = rest.far
        device = rest.device
        ports = rest.ports
    }

    /// Ends the ownership of the ports.
    consuming func takePorts() -> Ports { ports }

    private static func complaint(_ error: SystemError) -> Complaint {
        error.complaint(
            "can't make the link, \(error.call)", remedy: "run 'switchyard link' as root")
    }

    // MARK: - Rights

    /// The first network, in a user namespace where this program has no right to make one.
    private static func enterFirst() throws(Complaint) -> (NetworkNamespace, Bool) {
        do throws(SystemError) {
            return (try NetworkNamespace.enterNew(), false)
        } catch  where !error.isPermissionDenied {
            throw complaint(error)
        } catch {}
        do throws(SystemError) {
            try UserNamespace.enterNew()
            return (try NetworkNamespace.enterNew(), true)
        } catch {
            throw Prohibition.complaint(error) { try? readFile($0) }
        }
    }

    // MARK: - Devices

    /// All but the near network.
    private struct Rest: ~Copyable {
        let far: NetworkNamespace
        let device: LinkSettings.Device
        let ports: Ports
    }

    private static func rest(
        _ near: NetworkNamespace, _ wanted: LinkSettings.Device?
    ) throws(Complaint) -> Rest {
        let port = wanted == .veth ? nil : try firstTUN(isWanted: wanted == .tun)
        do throws(SystemError) {
            switch consume port {
            case .some(let port):
                try configure(.near)
                let far = try NetworkNamespace.enterNew()
                _ = prepare()
                let other = try PacketPort.tun(end)
                try configure(.far)
                return Rest(far: far, device: .tun, ports: Ports(near: port, far: other))
            case nil:
                let far = try NetworkNamespace.enterNew()
                _ = prepare()
                return Rest(far: far, device: .veth, ports: try cables(near, far))
            }
        } catch {
            throw complaint(error)
        }
    }

    /// In both networks the device has this name.
    private static let end = NetworkDevice("link0")

    /// Nil where there is no TUN to be had, and another device will do.
    private static func firstTUN(isWanted: Bool) throws(Complaint) -> PacketPort? {
        do throws(SystemError) {
            return try PacketPort.tun(end)
        } catch {
            if !isWanted { return nil }
            throw error.complaint(
                "can't use /dev/net/tun", remedy: "leave --device out, or run it as root")
        }
    }

    /// What every network needs; says what could not be set.
    private static func prepare() -> [String] {
        var notes: [String] = []
        // Clients and servers of TCP Fast Open, which a lost SYN does not turn off for an hour.
        for (name, value) in [("fastopen", "3"), ("fastopen_blackhole_timeout_sec", "0")] {
            do throws(SystemError) {
                try ControlFile.write(value, to: "/proc/sys/net/ipv4/tcp_\(name)")
            } catch {
                notes.append("net.ipv4.tcp_\(name) is not \(value) inside: \(error.reason)")
            }
        }
        // Packets that nobody asked for would be delayed, lost and counted with the others. Where
        // there is no IPv6 there are no such files.
        for scope in ["all", "default"] {
            try? ControlFile.write("1", to: "/proc/sys/net/ipv6/conf/\(scope)/disable_ipv6")
        }
        return notes
    }

    /// Gives the end on one side its address, when it has its device.
    private static func configure(_ side: LinkSide) throws(SystemError) {
        try NetworkDevice.loopback.setUp()
        try end.setMTU(Limit.packet)
        try end.setQueueLength(Limit.deviceQueue)
        try end.setAddress(side.address, prefix: 30)
        try end.setUp()
    }

    /// Two cables from a network between the others, and the ports at their ends there.
    private static func cables(
        _ near: NetworkNamespace, _ far: NetworkNamespace
    ) throws(SystemError) -> Ports {
        let middle = try NetworkNamespace.enterNew()
        _ = prepare()
        let nearPort = try cable(to: near, NetworkDevice("near0"))
        let farPort = try cable(to: far, NetworkDevice("far0"))
        let nearHardware = try attach(.near, near)
        let farHardware = try attach(.far, far)
        // Nobody is asked for an address, or the first packet would pay another round trip.
        try end.setNeighbour(LinkSide.near.address, at: nearHardware)
        try near.enter()
        try end.setNeighbour(LinkSide.far.address, at: farHardware)
        try far.enter()
        // The open sockets keep it.
        _ = middle
        return Ports(near: nearPort, far: farPort)
    }

    private static func cable(
        to network: NetworkNamespace, _ device: NetworkDevice
    ) throws(SystemError) -> PacketPort {
        try device.makePair(with: end, in: network)
        try device.setUp()
        return try PacketPort.ethernet(device, buffer: Limit.socketBuffer)
    }

    private static func attach(
        _ side: LinkSide, _ network: NetworkNamespace
    ) throws(SystemError) -> NetworkDevice.HardwareAddress {
        try network.enter()
        // Else what came out would be up to 64 KiB long, to be lost and delayed as a whole.
        try end.disableOffloads()
        try configure(side)
        return try end.hardwareAddress
    }
}

/// Why a machine does not let a program without rights make a network.
enum Prohibition {
    /// - Parameter read: the content of a file, nil where there is none.
    static func complaint(_ error: SystemError, read: (String) -> String?) -> Complaint {
        let settings = [
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
            ("kernel.unprivileged_userns_clone", "0", "1"),
            ("user.max_user_namespaces", "0", "10000"),
            ("user.max_net_namespaces", "0", "10000"),
        ]
        for (name, forbidden, allowed) in settings {
            let path = "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 })
            guard read(path)?.split(separator: "\n").first == Substring(forbidden) else { continue }
            return Complaint(
                "a program without root's rights may not make a network here (\(name) = "
                    + "\(forbidden))",
                remedy: "run it as root, or: sysctl \(name)=\(allowed)", status: .failure)
        }
        return Complaint(
            "can't make a network without root's rights, \(error.call): \(error.reason)",
            remedy: "run it as root, or in a container that may make user namespaces",
            status: .failure)
    }
}
