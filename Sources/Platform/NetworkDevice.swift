package import Basis
import CLinux
import Glibc

// SAFETY, throughout: each call reads a name that Swift lends it as a C string; hardware addresses
// have the six bytes that the calls read and fill.

/// A network device, by its name in the namespace of the calling thread (netdevice(7)).
package struct NetworkDevice: Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }

    /// The loopback, which each namespace has and which is down in a new one.
    package static let loopback = NetworkDevice("lo")

    /// An address of Ethernet.
    package struct HardwareAddress: Sendable, Equatable {
        fileprivate var bytes: [UInt8]
    }

    /// Gives the device an address, and the subnet of `prefix` bits around it.
    package func setAddress(_ address: UInt32, prefix: Int) throws(SystemError) {
        _ = try checked("ioctl(SIOCSIFADDR)") {
            unsafe clinux_set_address(name, address, CInt(prefix))
        }
    }

    /// The longest packet, without an Ethernet head.
    package func setMTU(_ size: ByteCount) throws(SystemError) {
        _ = try checked("ioctl(SIOCSIFMTU)") {
            unsafe clinux_set_mtu(name, CInt(clamping: size.raw))
        }
    }

    /// How many packets the device keeps for who takes them.
    package func setQueueLength(_ packets: Int) throws(SystemError) {
        _ = try checked("netlink(IFLA_TXQLEN)") {
            unsafe clinux_set_queue_length(name, CInt(clamping: packets))
        }
    }

    package func setUp() throws(SystemError) {
        _ = try checked("ioctl(SIOCSIFFLAGS)") { unsafe clinux_set_up(name) }
    }

    /// Every packet goes through by itself and complete, as it would on a wire.
    package func disableOffloads() throws(SystemError) {
        _ = try checked("ioctl(SIOCETHTOOL)") { unsafe clinux_disable_offloads(name) }
    }

    package var hardwareAddress: HardwareAddress {
        get throws(SystemError) {
            var bytes = [UInt8](repeating: 0, count: 6)
            _ = try checked("ioctl(SIOCGIFHWADDR)") {
                unsafe clinux_hardware_address(name, &bytes)
            }
            return HardwareAddress(bytes: bytes)
        }
    }

    /// Nobody needs to ask for `address`: it is at `hardware`.
    package func setNeighbour(
        _ address: UInt32, at hardware: HardwareAddress
    ) throws(SystemError) {
        _ = try checked("ioctl(SIOCSARP)") {
            unsafe clinux_set_neighbour(name, address, hardware.bytes)
        }
    }

    /// Makes this device and `peer` in another namespace, which are the two ends of a cable
    /// (veth(4)).
    package func makePair(
        with peer: NetworkDevice, in namespace: NetworkNamespace
    ) throws(SystemError) {
        _ = try checked("netlink(RTM_NEWLINK)") {
            unsafe clinux_add_veth(name, peer.name, namespace.descriptor.raw)
        }
    }
}
