import Basis
import CZlib

/// Writes and reads histograms in the "V2 compressed" form of HdrHistogram, which its Java, C,
/// Python, Go, Rust and JavaScript libraries and log tools share (HdrHistogram_c,
/// `src/hdr_histogram_log.c`).
///
/// Outer frame, all numbers big-endian: `u32 0x1c849314`, `i32` length, then that many bytes of
/// zlib (RFC 1950). Inflated: 40 bytes of header (`u32 0x1c849313`, `i32` payload length, `i32`
/// normalising offset 0, `i32` significant digits, `i64` lowest, `i64` highest, `f64` ratio 1.0),
/// then the counts from bucket 0 to the highest in use, each as ZigZag LEB128-64b9B: n > 0 a count,
/// n < 0 a run of -n zeros.
///
/// The form carries bucket counts only: a decoded histogram knows the shortest and longest sample
/// and the sum to within a bucket, and has a `clampedCount` of zero.
package enum HistogramCodec {
    enum Limit {
        static let headerBytes = 40
        /// ZigZag LEB128-64b9B never takes more than nine bytes a number.
        static let numberBytes = 9
        /// A header and one number for each bucket: the most that a well-formed histogram inflates
        /// to.
        static let inflatedBytes = headerBytes + numberBytes * Histogram.Layout.length
        /// zlib adds at most 5 bytes to each 16 KiB block and 6 in all to incompressible data; an
        /// eighth more is generous. Longer input is refused unread.
        static let compressedBytes = inflatedBytes + inflatedBytes / 8
    }

    static let frameCookie: UInt32 = 0x1c84_9314
    static let headerCookie: UInt32 = 0x1c84_9313
    static let significantDigits: UInt32 = 3

    /// Why bytes are not a histogram of this project's layout.
    package enum Refusal: Error, Equatable, Sendable {
        /// Not the standard alphabet of RFC 4648 with padding.
        case notBase64
        /// The input ends before what it announces.
        case truncated
        /// The input goes on after what it announces.
        case trailingBytes
        /// The first four bytes, of the frame or inside it, are those of some other format.
        case unknownCookie(UInt32)
        /// More input than any histogram of this layout needs.
        case tooLarge(limit: Int)
        /// zlib refused the data, or it inflates to more than a histogram of this layout can have.
        case notInflatable
        /// A sound histogram with other bounds, digits, offset or ratio; its counts cannot be
        /// merged.
        case otherLayout
        /// A count or a run of zeros that leads outside the buckets, or a sum above 2^63 - 1.
        case countOutOfRange
    }

    /// The compressed form.
    package static func encode(_ histogram: borrowing Histogram) -> [UInt8] {
        let plain = encodeUncompressed(histogram)
        let packed = deflate(plain)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + packed.count)
        append(frameCookie, to: &bytes)
        append(UInt32(packed.count), to: &bytes)
        bytes += packed
        return bytes
    }

    /// The compressed form in base64: the last column of a histogram log.
    package static func encodeBase64(_ histogram: borrowing Histogram) -> String {
        Base64.encode(encode(histogram))
    }

    /// Reads the compressed form; refuses anything that is not one whole histogram of this layout.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> Histogram {
        if bytes.count > 8 + Limit.compressedBytes {
            throw .tooLarge(limit: 8 + Limit.compressedBytes)
        }
        var reader = BigEndianReader(bytes)
        let cookie = UInt32(try reader.number(bytes: 4))
        guard cookie == frameCookie else { throw .unknownCookie(cookie) }
        let length = try reader.number(bytes: 4)
        if length > UInt64(reader.remaining) { throw .truncated }
        if length < UInt64(reader.remaining) { throw .trailingBytes }
        return try decodeUncompressed(try inflate(Array(bytes[8...])))
    }

    /// Reads the last column of a histogram log. White space around it is refused.
    package static func decode(base64 text: String) throws(Refusal) -> Histogram {
        let limit = Base64.encodedCount(8 + Limit.compressedBytes)
        if text.utf8.count > limit { throw .tooLarge(limit: limit) }
        guard let bytes = Base64.decode(text) else { throw .notBase64 }
        return try decode(bytes)
    }

    // MARK: - The inflated form

    static func encodeUncompressed(_ histogram: borrowing Histogram) -> [UInt8] {
        var payload: [UInt8] = []
        var zeros: Int64 = 0
        for index in 0...histogram.topIndex {
            let count = histogram.count(at: index)
            if count == 0 {
                zeros += 1
                continue
            }
            if zeros > 0 { ZigZag.append(-zeros, to: &payload) }
            zeros = 0
            ZigZag.append(Int64(clamping: count), to: &payload)
        }
        if zeros > 0 { ZigZag.append(-zeros, to: &payload) }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(Limit.headerBytes + payload.count)
        append(headerCookie, to: &bytes)
        append(UInt32(payload.count), to: &bytes)
        append(UInt32(0), to: &bytes)
        append(significantDigits, to: &bytes)
        append(UInt64(1), to: &bytes)
        append(UInt64(Histogram.highest.raw), to: &bytes)
        append(1.0.bitPattern, to: &bytes)
        return bytes + payload
    }

    static func decodeUncompressed(_ bytes: [UInt8]) throws(Refusal) -> Histogram {
        var reader = BigEndianReader(bytes)
        let cookie = UInt32(try reader.number(bytes: 4))
        guard cookie == headerCookie else { throw .unknownCookie(cookie) }
        let payload = try reader.number(bytes: 4)
        let offset = try reader.number(bytes: 4)
        let digits = try reader.number(bytes: 4)
        let lowest = try reader.number(bytes: 8)
        let highest = try reader.number(bytes: 8)
        let ratio = Double(bitPattern: try reader.number(bytes: 8))
        guard offset == 0, digits == UInt64(significantDigits), lowest == 1,
            highest == UInt64(Histogram.highest.raw), ratio == 1
        else { throw .otherLayout }
        if payload > UInt64(reader.remaining) { throw .truncated }
        if payload < UInt64(reader.remaining) { throw .trailingBytes }

        var histogram = Histogram()
        var index = 0
        while reader.remaining > 0 {
            let number = try ZigZag.read(&reader)
            if number <= 0 {
                // A lone zero is legal and means what a run of one does.
                let run = Swift.max(1, number.magnitude)
                guard run <= UInt64(Histogram.Layout.length - index) else { throw .countOutOfRange }
                index += Int(run)
                continue
            }
            guard index <= Histogram.Layout.topIndex,
                UInt64(number) <= UInt64(Int64.max) - histogram.totalCount
            else { throw .countOutOfRange }
            histogram.addBucket(at: index, count: UInt64(number))
            index += 1
        }
        return histogram
    }

    // MARK: - zlib

    private static func deflate(_ plain: [UInt8]) -> [UInt8] {
        var length = compressBound(UInt(plain.count))
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            // SAFETY: zlib reads `plain.count` bytes of `plain`, which the call keeps alive, and
            // writes at most `length` bytes, the capacity of `buffer`; it sets `length` to what it
            // wrote.
            let status = unsafe compress2(
                buffer.baseAddress, &length, plain, UInt(plain.count), Z_DEFAULT_COMPRESSION)
            // zlib.h: with compressBound bytes of room only lack of memory is left as a cause.
            precondition(status == Z_OK, "zlib ran out of memory")
            count = Int(length)
        }
    }

    private static func inflate(_ packed: [UInt8]) throws(Refusal) -> [UInt8] {
        var read = UInt(packed.count)
        var written = UInt(Limit.inflatedBytes)
        var status = Z_OK
        let plain = unsafe [UInt8](unsafeUninitializedCapacity: Limit.inflatedBytes) {
            buffer, count in
            // SAFETY: as above; uncompress2 stops at `written` bytes and then reports Z_BUF_ERROR.
            status = unsafe uncompress2(buffer.baseAddress, &written, packed, &read)
            count = status == Z_OK ? Int(written) : 0
        }
        guard status == Z_OK else { throw .notInflatable }
        guard read == UInt(packed.count) else { throw .trailingBytes }
        return plain
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
