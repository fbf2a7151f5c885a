import Basis
import Glibc

/// The arguments of this process.
package enum CommandArguments {
    /// Without the program's name, as `RawText`: `CommandLine.arguments` would repair what is not
    /// UTF-8, and so lose it.
    package static var all: [String] {
        var texts: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            // SAFETY: argv has argc strings that end in NUL and live as long as the process.
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { break }
            let bytes = unsafe UnsafeRawBufferPointer(start: argument, count: strlen(argument))
            texts.append(unsafe RawText.text(Array(bytes)))
        }
        return texts
    }
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
