import Basis
import CLinux
import Glibc

/// Memory that every process shares which maps the same file (mmap(2)); without a file, memory of
/// this process alone. It begins as zeros.
@safe
package struct SharedMapping: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: `base` has `count` bytes from `init` to `deinit`; who reads and writes
    // them at a time is the holder's to settle, by the locks.
    package let base: UnsafeMutableRawPointer
    package let count: Int
    private let file: Descriptor?
    /// The number of `file`, by which it is locked.
    private let fd: CInt?

    /// Memory of this process.
    package init(bytes count: Int) {
        precondition(count > 0, "memory for something")
        guard let memory = unsafe calloc(1, count) else {
            preconditionFailure("no memory for \(count) bytes")
        }
        unsafe base = memory
        self.count = count
        fd = nil
        file = nil
    }

    /// The whole of a file. It must not shrink while it is mapped: to touch what is gone ends the
    /// process (SIGBUS).
    package init(of file: consuming SharedFile) throws(SystemError) {
        let count = try file.size
        precondition(count > 0, "a file with something in it")
        // SAFETY: the kernel chooses where, so nothing that is mapped is replaced.
        let mapped = unsafe mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor.raw, 0)
        // MAP_FAILED is -1.
        guard let mapped = unsafe mapped, Int(bitPattern: mapped) != -1 else {
            throw SystemError("mmap")
        }
        unsafe base = mapped
        self.count = count
        fd = file.descriptor.raw
        self.file = file.intoDescriptor()
    }

    deinit {
        if fd == nil {
            unsafe free(base)
        } else {
            _ = unsafe munmap(base, count)
        }
    }

    /// Lets other processes open the file, which its first user has made what it is to be.
    package func admitOthers() {
        if let fd { _ = clinux_unlock_bytes(fd, 0, 1) }
    }

    /// Does `body` while no other process that maps the file has `bytes` of it: the kernel gives
    /// them back when their holder dies. The threads of one process don't exclude each other.
    package func alone<Result, Failure: Error>(
        with bytes: Range<Int>, refused: (SystemError) -> Failure,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let fd else { return try body() }
        try SystemError.mapping(to: refused) { () throws(SystemError) in
            _ = try checked("fcntl") {
                clinux_lock_bytes(fd, Int64(bytes.lowerBound), Int64(bytes.count))
            }
        }
        defer { _ = clinux_unlock_bytes(fd, Int64(bytes.lowerBound), Int64(bytes.count)) }
        return try body()
    }
}

/// A file that is to be mapped, held against everyone else who opens it so until it is closed or
/// its mapping admits others: its first user makes it what it is to be.
package struct SharedFile: ~Copyable {
    fileprivate let descriptor: Descriptor

    /// Opens `path`, which is made if it does not exist, for this user alone.
    package init(_ path: String) throws(SystemError) {
        // SAFETY: open(2) takes a C string that lives as long as the call.
        let opened = Descriptor(
            raw: try checked("open") {
                unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
            })
        let fd = opened.raw
        _ = try checked("fcntl") { clinux_lock_bytes(fd, 0, 1) }
        descriptor = opened
    }

    /// In bytes; nil of what is no regular file.
    package var regularSize: Int? {
        var facts = stat()
        // SAFETY: fstat(2) fills the structure it is given.
        guard unsafe fstat(descriptor.raw, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Int(facts.st_size)
    }

    fileprivate var size: Int {
        get throws(SystemError) {
            guard let size = regularSize else { throw SystemError("fstat", code: EINVAL) }
            return size
        }
    }

    /// Makes the file `count` bytes long, of which the new ones are zeros that have their place on
    /// the disk.
    package func grow(to count: Int) throws(SystemError) {
        let fd = descriptor.raw
        let code = posix_fallocate(fd, 0, off_t(count))
        if code != 0 { throw SystemError("posix_fallocate", code: code) }
    }

    fileprivate consuming func intoDescriptor() -> Descriptor { descriptor }
}

extension SystemError {
    /// What is no regular file was given for one.
    package static var notAFile: SystemError { SystemError("open", code: ENODEV) }
}
