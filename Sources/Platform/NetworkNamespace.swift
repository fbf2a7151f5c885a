import CLinux
import Glibc

/// A network of its own: devices, addresses, ports and settings that no program outside sees
/// (network_namespaces(7)). It is gone when the last descriptor and the last process are.
package final class NetworkNamespace: Sendable {
    let descriptor: Descriptor
    /// Whose rights it needs to be entered; nil for those of this program.
    let owner: Owner?

    /// The user namespace that a network belongs to.
    final class Owner: Sendable {
        let descriptor: Descriptor

        fileprivate init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private init(_ descriptor: consuming Descriptor, owner: Owner? = nil) {
        self.descriptor = descriptor
        self.owner = owner
    }

    /// Makes one, in which the calling thread is from then on.
    package static func enterNew() throws(SystemError) -> NetworkNamespace {
        _ = try checked("unshare") { clinux_new_network_namespace() }
        return NetworkNamespace(try file("/proc/thread-self/ns/net"))
    }

    /// The one of another program: `path` is what its own `path` says.
    ///
    /// - Parameter rights: the file of the user namespace that the program made for it, which only
    ///   the same user may enter, and only a child that begins: `SpawnOptions.network`.
    package static func open(
        _ path: String, rights: String?
    ) throws(SystemError) -> NetworkNamespace {
        guard let rights else { return NetworkNamespace(try file(path)) }
        return NetworkNamespace(try file(path), owner: Owner(try file(rights)))
    }

    private static func file(_ path: String) throws(SystemError) -> Descriptor {
        Descriptor(
            raw: try checked("open") {
                // SAFETY: open(2) takes a C string that lives as long as the call.
                unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
            })
    }

    /// The calling thread is in this one from then on.
    package func enter() throws(SystemError) {
        _ = try checked("setns") { clinux_enter_network_namespace(descriptor.raw) }
    }

    /// Where other programs find it, as long as this program lives and keeps the value.
    package var path: String { "/proc/\(getpid())/fd/\(descriptor.raw)" }
}

/// Rights of its own, for who has none outside (user_namespaces(7)).
package enum UserNamespace {
    /// Where other programs find that of this one, as long as it lives.
    package static var path: String { "/proc/\(getpid())/ns/user" }

    /// Puts this program, which must have one thread only, into a new one: there it may make
    /// networks. It keeps its user and its group, and so do its children, which lose the rights as
    /// they begin.
    package static func enterNew() throws(SystemError) {
        let user = geteuid()
        let group = getegid()
        _ = try checked("unshare") { clinux_new_user_namespace() }
        // Without rights outside, a group may be mapped once no group can be dropped.
        try ControlFile.write("deny", to: "/proc/self/setgroups")
        try ControlFile.write("\(user) \(user) 1", to: "/proc/self/uid_map")
        try ControlFile.write("\(group) \(group) 1", to: "/proc/self/gid_map")
    }
}

/// A file of /proc that the kernel reads a setting from.
package enum ControlFile {
    /// Writes all of `text` with one call, as these files want it.
    package static func write(_ text: String, to path: String) throws(SystemError) {
        // SAFETY: open(2) takes a C string that lives as long as the call.
        let file = Descriptor(
            raw: try checked("open") { unsafe open(path, O_WRONLY | O_CLOEXEC) })
        let bytes = Array(text.utf8)
        // SAFETY: write(2) reads at most the array's own bytes.
        _ = try checked("write") {
            CInt(clamping: unsafe Glibc.write(file.raw, bytes, bytes.count))
        }
    }
}
