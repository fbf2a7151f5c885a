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
