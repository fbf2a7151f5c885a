import Basis
import Testing

@testable import Wire

@Suite("scans of whole values")
struct ValueScanTests {
    @Test("every length and place, to the last byte of a page")
    func places() {
        for count in 0...50 {
            for place in 0...count {
                var bytes = [UInt8](repeating: 0x61, count: count)
                // A second one behind must not be found in its stead.
                for index in place..<count where index == place || index % 3 == 0 {
                    bytes[index] = 0x3F
                }
                let found = GuardedBytes(bytes).withSpan { $0.firstIndexInValue(of: PathStop()) }
                #expect(found == place, "\(count) bytes")
            }
        }
    }

    @Test("a value is looked at like any other run")
    func authorities() {
        for host in [
            "h", "localhost", "127.0.0.1:8080", "example.com:443", "abcdefghijklmnop", "a:", ":1",
            "a:b", "a:1b", "a b", "a@b", "[::1]:80", "%41b", "a:12345678901234", "",
            "0123456789.example", "a:1:2",
        ] {
            let alone = Array(host.utf8)
            let longer = alone + Array("/and what is behind it".utf8)
            for needsPort in [false, true] {
                let value = alone.span.isAuthority(
                    HTTP1.Run(0, alone.count), needsPort: needsPort)
                let run = longer.span.isAuthority(
                    HTTP1.Run(0, alone.count), needsPort: needsPort)
                #expect(value == run, "\(host)")
            }
        }
    }
}
