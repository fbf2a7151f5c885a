import Basis
import Foundation
import Platform

/// A UDP socket that sends and receives eight-byte numbers in datagrams of one size.
final class DatagramSocket {
    // SAFETY, throughout: the calls read and fill values on this stack or arrays of at least the
    // number of bytes that they are told.
    private let descriptor: CInt
    private var room: [UInt8]

    /// - Parameter size: bytes of each datagram, at least the eight of its number.
    private init(size: Int) throws(Complaint) {
        precondition(size >= 8, "a datagram has room for a number")
        descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        room = [UInt8](repeating: 0, count: size)
        if descriptor < 0 { throw Self.complaint("socket") }
        // What waits while the receiver has no CPU must not be lost.
        var buffer: CInt = 16 << 20
        let length = socklen_t(MemoryLayout<CInt>.size)
        if unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, length) != 0 {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, length)
        }
    }

    deinit { _ = close(descriptor) }

    private static func complaint(_ call: String) -> Complaint {
        Complaint(
            "\(call) failed: \(unsafe String(cString: strerror(errno)))",
            remedy: "run it as switchyard-micro link does", status: .failure)
    }

    /// One that receives from everybody.
    convenience init(port: UInt16, size: Int) throws(Complaint) {
        try self.init(size: size)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        guard unsafe Self.call(bind, descriptor, &place) == 0 else { throw Self.complaint("bind") }
    }

    /// One that sends to `address` and receives from there, at most a tenth of a second a time.
    convenience init(to address: String, port: UInt16, size: Int) throws(Complaint) {
        try self.init(size: size)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, address, &place.sin_addr) == 1,
            unsafe Self.call(connect, descriptor, &place) == 0
        else { throw Self.complaint("connect") }
        var limit = timeval(tv_sec: 0, tv_usec: 100_000)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func call(
        _ function: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt, _ descriptor: CInt,
        _ place: inout sockaddr_in
    ) -> CInt {
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &place) { pointer in
            let bytes = unsafe UnsafeRawPointer(pointer)
            return unsafe function(descriptor, bytes.assumingMemoryBound(to: sockaddr.self), length)
        }
    }

    func send(_ number: Int64) {
        for index in 0..<8 { room[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        _ = unsafe Glibc.send(descriptor, room, room.count, 0)
    }

    /// The number of the next datagram; nil when none comes in time. `answer` is sent to where it
    /// came from, unless it is nil.
    func receive(answering answer: (Int64) -> [Int64]? = { _ in nil }) -> Int64? {
        var sender = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let got = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
            let bytes = UnsafeMutableRawPointer(pointer)
            let place = unsafe bytes.assumingMemoryBound(to: sockaddr.self)
            return unsafe recvfrom(descriptor, &room, room.count, 0, place, &length)
        }
        guard got >= 8 else { return nil }
        let number = (0..<8).reduce(Int64(0)) { $0 | Int64(room[$1]) << (8 * $1) }
        if let words = answer(number) {
            _ = unsafe withUnsafePointer(to: &sender) { pointer in
                let bytes = unsafe UnsafeRawPointer(pointer)
                let place = unsafe bytes.assumingMemoryBound(to: sockaddr.self)
                return unsafe sendto(
                    descriptor, words, words.count * MemoryLayout<Int64>.size, 0, place, length)
            }
        }
        return number
    }

    /// The numbers of one datagram.
    func receiveAll(_ count: Int) -> [Int64]? {
        var words = [Int64](repeating: 0, count: count)
        let size = count * MemoryLayout<Int64>.size
        let got = unsafe recv(descriptor, &words, size, 0)
        return got == size ? words : nil
    }
}
