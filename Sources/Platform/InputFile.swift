import Basis
import Glibc

/// Reads a whole file, including those of /proc that claim no size. The text is repaired UTF-8.
package func readFile(_ path: String) throws(SystemError) -> String {
    String(decoding: try InputFile.read(RawText.text(path.utf8), upTo: .max), as: UTF8.self)
}

/// A file that is read whole.
package enum InputFile {
    /// The bytes of the file that `path` (`RawText`) names, at most `limit` of them: a device may
    /// have no end.
    package static func read(_ path: String, upTo limit: Int) throws(SystemError) -> [UInt8] {
        let name = RawText.bytes(path).map { CChar(bitPattern: $0) } + [0]
        // SAFETY: open(2) takes a C string that lives as long as the call.
        let file = Descriptor(
            raw: try checked("open") { unsafe open(name, O_RDONLY | O_CLOEXEC) })
        var content: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 * 1_024)
        while content.count < limit {
            let wanted = min(room.count, limit - content.count)
            let count = try checked("read") {
                // SAFETY: read(2) fills at most `wanted` bytes of `room`.
                unsafe CInt(Glibc.read(file.raw, &room, wanted))
            }
            if count == 0 { break }
            content += room[..<Int(count)]
        }
        return content
    }
}
