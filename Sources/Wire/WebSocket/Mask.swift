package import Basis

extension WebSocket {
    /// A masking key, turned so that its first byte belongs to the next byte of payload, RFC 6455
    /// §5.3. What masks also unmasks.
    package struct Mask: BitwiseCopyable, Equatable, Sendable {
        /// The first byte of the key is the lowest.
        let key: UInt32

        /// That of payload which is not masked.
        package static let none = Mask(key: 0)

        @inline(always)
        package init(key: UInt32) { self.key = key }

        /// A fresh key.
        ///
        /// §10.3 wants keys that nobody can foresee, so that no script can write what a proxy takes
        /// for HTTP. Here no script chooses the payload, and a run must follow from its seed.
        @inline(always)
        package init(using generator: inout SeededGenerator) {
            key = UInt32(truncatingIfNeeded: generator.next() &>> 32)
        }

        /// The mask of what follows `count` bytes.
        @inline(always)
        package func advanced(by count: Int) -> Mask {
            let bits = UInt32(truncatingIfNeeded: count & 3) &* 8
            return Mask(key: key &>> bits | key &<< (32 &- bits))
        }

        /// The mask that does what both do.
        @inline(always)
        package static func ^ (one: Mask, other: Mask) -> Mask {
            Mask(key: one.key ^ other.key)
        }

        /// The byte `index` of the payload, masked or unmasked.
        @inline(always)
        package func byte(_ byte: UInt8, at index: Int) -> UInt8 {
            let bits = UInt32(truncatingIfNeeded: index & 3) &* 8
            return byte ^ UInt8(truncatingIfNeeded: key &>> bits)
        }

        /// The key over and over.
        @inline(always)
        var word: UInt64 { UInt64(key) &* 0x1_0000_0001 }

        @inline(always)
        var lanes: SIMD16<UInt8> {
            // SAFETY: sixteen bytes of trivial types, either way.
            unsafe unsafeBitCast(SIMD2(repeating: word.littleEndian), to: SIMD16<UInt8>.self)
        }

        /// Masks or unmasks `bytes` where they are.
        ///
        /// Hot: once a message.
        package func apply(to bytes: inout MutableSpan<UInt8>) {
            // SAFETY: every access below lies within the `count` bytes of the span.
            unsafe bytes.withUnsafeMutableBytes { buffer in
                guard let start = buffer.baseAddress else { return }
                let count = buffer.count
                var at = unsafe combineWords(from: start, to: start, count: count)
                if count &- at >= 4 {
                    unsafe combine(UInt32.self, from: start, to: start, at: at)
                    at &+= 4
                }
                while at < count {
                    unsafe combine(UInt8.self, from: start, to: start, at: at)
                    at &+= 1
                }
            }
        }

        /// Writes the `count` bytes at `source`, masked or unmasked, to `target`, which is apart.
        ///
        /// The last word overlaps the one before it, which spares a loop over single bytes.
        @inline(always)
        fileprivate func copy(
            from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int
        ) {
            // SAFETY: both sides have `count` bytes, the caller vouches; no access goes past them.
            var at = unsafe combineWords(from: source, to: target, count: count)
            if at == count { return }
            if count >= 8 {
                unsafe combine(UInt64.self, from: source, to: target, at: count &- 8)
                return
            }
            if count >= 4 {
                unsafe combine(UInt32.self, from: source, to: target, at: 0)
                unsafe combine(UInt32.self, from: source, to: target, at: count &- 4)
                return
            }
            while at < count {
                unsafe combine(UInt8.self, from: source, to: target, at: at)
                at &+= 1
            }
        }

        /// Does as much of `count` bytes as whole words are, and returns how much that is.
        @inline(always)
        private func combineWords(
            from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int
        ) -> Int {
            var at = 0
            let lanes = SIMD4(repeating: word.littleEndian)
            // SAFETY: both sides have `count` bytes, and each step has its own left; unaligned
            // loads and stores of trivial types are allowed.
            while count &- at >= 32 {
                let four = unsafe source.loadUnaligned(
                    fromByteOffset: at, as: SIMD4<UInt64>.self)
                unsafe target.storeBytes(
                    of: four ^ lanes, toByteOffset: at, as: SIMD4<UInt64>.self)
                at &+= 32
            }
            while count &- at >= 8 {
                let word = unsafe source.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                unsafe target.storeBytes(of: word ^ lanes[0], toByteOffset: at, as: UInt64.self)
                at &+= 8
            }
            return at
        }

        /// Does the bytes of one `Word` at `at`.
        @inline(always)
        private func combine<Word: FixedWidthInteger & BitwiseCopyable>(
            _: Word.Type, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, at: Int
        ) {
            let key = Word(truncatingIfNeeded: advanced(by: at).word).littleEndian
            // SAFETY: the caller has looked that both sides have a whole word at `at`.
            let word = unsafe source.loadUnaligned(fromByteOffset: at, as: Word.self)
            unsafe target.storeBytes(of: word ^ key, toByteOffset: at, as: Word.self)
        }
    }
}

extension ByteQueue {
    /// Appends `bytes`, masked or unmasked on their way.
    ///
    /// Hot: once a message.
    package mutating func append(_ bytes: Span<UInt8>, masked mask: WebSocket.Mask) {
        let count = bytes.count
        if count == 0 { return }
        // SAFETY: the queue lends at least `count` bytes, and the source is another object.
        _ = unsafe withFreeSpace(minimum: count) { free in
            unsafe bytes.withUnsafeBytes { source in
                unsafe mask.copy(
                    from: source.baseAddress!, to: free.baseAddress!, count: count)
            }
            return count
        }
    }
}
