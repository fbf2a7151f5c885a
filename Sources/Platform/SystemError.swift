package import Basis
import CLinux
import Glibc

/// A system call that the outside refused, with the call's name and its errno. Trivial to copy, so
/// that throwing it costs the loops no reference count.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    package let call: StaticString
    package let code: CInt

    package init(_ call: StaticString, code: CInt) {
        self.call = call
        self.code = code
    }

    package static func == (a: SystemError, b: SystemError) -> Bool {
        a.code == b.code && a.call.description == b.call.description
    }

    /// Takes the calling thread's errno.
    package init(_ call: StaticString) {
        self.init(call, code: errno)
    }

    /// The C library's words for the code, such as `Address already in use`.
    package var reason: String {
        var text = [CChar](repeating: 0, count: 128)
        // SAFETY: writes at most `text.count` bytes, the last of them NUL.
        unsafe clinux_error_text(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    package var description: String { "\(call): \(reason)" }

    /// This error as a line for a person.
    package func complaint(
        _ what: String, remedy: String, status: ExitStatus = .failure
    ) -> Complaint {
        Complaint("\(what): \(reason)", remedy: remedy, status: status)
    }

    /// The process or the machine has no descriptor left (accept(2), socket(2)).
    package var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
    package var isAddressInUse: Bool { code == EADDRINUSE }
    package var isPermissionDenied: Bool { code == EACCES || code == EPERM }
    /// A program for the kernel was refused, or what it works on (bpf(2)).
    package var isAboutPrograms: Bool {
        call.description == "bpf" && !isOutOfDescriptors
    }
    /// A ring was refused (io_uring_setup(2)).
    package var isAboutRings: Bool {
        call.description.hasPrefix("io_uring") && !isOutOfDescriptors
    }
    /// A local address was refused, not the one to connect to (bind(2)).
    package var isAboutSource: Bool { call.description == "bind" }
    /// Every port of the local address has a connection to the same place already (connect(2)).
    package var isOutOfPorts: Bool { code == EADDRNOTAVAIL && call.description == "connect" }
    /// The call would have to wait; a Unix listener's queue is full (connect(2)).
    package var wouldBlock: Bool { code == EAGAIN }
    /// The peer ended a connection that stood; a refused one has another code.
    package var isReset: Bool { code == ECONNRESET || code == EPIPE }
    package var isMissingFile: Bool { code == ENOENT }
    package var isFolder: Bool { code == EISDIR }
}

extension SystemError {
    /// Does what the outside may refuse, as a step of work that fails in its own way.
    @inline(always)
    package static func mapping<Result: ~Copyable, Failure: Error>(
        to failure: (SystemError) -> Failure, _ step: () throws(SystemError) -> Result
    ) throws(Failure) -> Result {
        do throws(SystemError) {
            return try step()
        } catch {
            throw failure(error)
        }
    }
}

/// Runs `call` again while a signal interrupts it, and turns -1 into the call's error.
@inline(always)
func checked(_ name: StaticString, _ call: () -> CInt) throws(SystemError) -> CInt {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemError(name) }
    }
}
