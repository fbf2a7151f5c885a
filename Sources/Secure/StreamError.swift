package import Platform

/// Why a stream broke. Trivial to copy, so that throwing it costs the loops no reference count.
package enum StreamError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel refused a call.
    case system(SystemError)
    /// TLS can't go on.
    case secure(TLSFault)

    /// The reason alone, such as `Connection reset by peer`.
    package var reason: String {
        switch self {
        case .system(let error): error.reason
        case .secure(let fault): fault.reason
        }
    }

    /// The reason with the call that was refused.
    package var description: String {
        switch self {
        case .system(let error): error.description
        case .secure(let fault): fault.reason
        }
    }

    /// What whoever asked for the connection can do about it, where that is known.
    package var remedy: String? {
        switch self {
        case .system: nil
        case .secure(let fault): fault.remedy
        }
    }

    /// The process or the machine has no descriptor left.
    package var isOutOfDescriptors: Bool {
        switch self {
        case .system(let error): error.isOutOfDescriptors
        case .secure: false
        }
    }
}

extension StreamError {
    /// Does a call of the kernel as a step of a stream's work.
    @inline(always)
    package static func from<Result: ~Copyable>(
        _ call: () throws(SystemError) -> Result
    ) throws(StreamError) -> Result {
        try SystemError.mapping(to: { StreamError.system($0) }, call)
    }
}
