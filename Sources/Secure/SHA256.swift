import COpenSSL

/// A digest of bytes that nobody can find two inputs for (FIPS 180-4).
package struct SHA256: BitwiseCopyable, Equatable, Sendable {
    package let words: InlineArray<4, UInt64>

    package init(words: InlineArray<4, UInt64>) { self.words = words }

    package init(_ bytes: Span<UInt8>) {
        var words = InlineArray<4, UInt64>(repeating: 0)
        // SAFETY: the library reads `bytes`, lent for the call, and writes the digest's 32 bytes.
        let done = unsafe bytes.withUnsafeBufferPointer { bytes in
            var digest = words.mutableSpan
            return unsafe digest.withUnsafeMutableBufferPointer { digest in
                let room = unsafe UnsafeMutableRawPointer(digest.baseAddress)?
                    .assumingMemoryBound(to: UInt8.self)
                return unsafe EVP_Digest(
                    bytes.baseAddress, bytes.count, room, nil, EVP_sha256(), nil)
            }
        }
        precondition(done == 1, "the library has SHA-256")
        self.words = words
    }

    package static func == (a: SHA256, b: SHA256) -> Bool {
        (0..<4).allSatisfy { a.words[$0] == b.words[$0] }
    }
}
