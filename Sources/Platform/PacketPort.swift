package import Basis
import CLinux
import Glibc

/// A place where whole packets go into a network and come out of it.
package struct PacketPort: ~Copyable, Sendable {
    /// What a read brought.
    package enum Arrival: Equatable, Sendable {
        case packet(length: Int)
        /// Nothing that can be passed on: too long, or an error of the past.
        case unusable
        case nothing
    }

    private let descriptor: Descriptor
    /// Where the kernel counts what the device dropped; nil where the socket does it.
    private let statistics: Descriptor?
    /// Bytes before each packet's IP head.
    package let headLength: Int

    private init(
        _ descriptor: consuming Descriptor, statistics: consuming Descriptor?, headLength: Int
    ) {
        self.descriptor = descriptor
        self.statistics = statistics
        self.headLength = headLength
    }

    /// Makes the TUN device `name` in the calling thread's namespace; what it is to send comes out
    /// of the port. The device is gone when the port is closed.
    package static func tun(_ device: NetworkDevice) throws(SystemError) -> PacketPort {
        let descriptor = Descriptor(
            raw: try checked("open") {
                // SAFETY: open(2) reads a literal path.
                unsafe open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)
            })
        // SAFETY: the call reads a C string that lives as long as it takes.
        _ = try checked("ioctl(TUNSETIFF)") {
            unsafe clinux_attach_tun(descriptor.raw, device.name)
        }
        // Once open, the file is about this namespace, whoever reads it (proc_pid_net(5)).
        let statistics = Descriptor(
            raw: try checked("open") {
                // SAFETY: open(2) reads a literal path.
                unsafe open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC)
            })
        return PacketPort(descriptor, statistics: statistics, headLength: 0)
    }

    /// What comes in at an Ethernet device of the calling thread's namespace comes out of the port.
    ///
    /// - Parameter buffer: what may wait to be read, less where the system does not allow it.
    package static func ethernet(
        _ device: NetworkDevice, buffer: ByteCount
    ) throws(SystemError) -> PacketPort {
        let raw = try checked("socket(AF_PACKET)") {
            // SAFETY: the call reads a C string that lives as long as it takes.
            unsafe clinux_open_packets(device.name, CInt(clamping: buffer.raw))
        }
        return PacketPort(Descriptor(raw: raw), statistics: nil, headLength: 14)
    }

    /// Appends the next packet, of at most `longest` bytes with its head, to `queue`.
    @inline(always)
    package func read(
        into queue: inout ByteQueue, longest: Int
    ) throws(SystemError) -> Arrival {
        var got = 0
        let fd = descriptor.raw
        let kept = unsafe queue.withFreeSpace(minimum: longest + 1) { free in
            // SAFETY: read(2) fills at most the room it is given, which `minimum` assures.
            got = unsafe Glibc.read(fd, free.baseAddress!, longest + 1)
            return got > longest ? 0 : max(0, got)
        }
        if kept > headLength { return .packet(length: kept) }
        queue.removeLast(kept)
        if got >= 0 { return .unusable }
        switch errno {
        case EAGAIN: return .nothing
        // A device that goes down says so once (packet(7)).
        case EINTR, ENETDOWN, ENOBUFS: return .unusable
        default: throw SystemError("read")
        }
    }

    /// Gives a packet to the network; false when it took none: the device is down, or has no room.
    @inline(always)
    package func write(_ packet: Span<UInt8>) -> Bool {
        while true {
            // SAFETY: write(2) reads the span's own bytes.
            let taken = unsafe packet.withUnsafeBufferPointer {
                unsafe Glibc.write(descriptor.raw, $0.baseAddress!, $0.count)
            }
            if taken >= 0 { return true }
            if errno != EINTR { return false }
        }
    }

    /// Packets that came and went before they could be read, since the last question; of a TUN
    /// device since it was made, which is the only one but the loopback in its namespace.
    package var dropped: UInt64 {
        switch statistics {
        case .some(let file):
            var text = [UInt8](repeating: 0, count: 4_096)
            // SAFETY: pread(2) fills at most the array's own bytes.
            let got = unsafe pread(file.raw, &text, text.count, 0)
            return Self.drops(in: String(decoding: text.prefix(max(0, got)), as: UTF8.self))
        case nil: return UInt64(max(0, clinux_packet_drops(descriptor.raw)))
        }
    }

    /// The sum of what devices dropped that they were to send: the twelfth number behind the colon.
    static func drops(in text: String) -> UInt64 {
        text.split(separator: "\n").reduce(0) { sum, line in
            let numbers = line.split(separator: ":").dropFirst().first?.split(separator: " ") ?? []
            return sum + (numbers.count > 11 ? UInt64(numbers[11]) ?? 0 : 0)
        }
    }

    /// Registers with `poller` under `token`.
    package func watch(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(descriptor, interest: .readable, token: token)
    }
}
