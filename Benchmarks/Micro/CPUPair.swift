import Basis
import Platform

/// The CPUs that generator and server are bound to; nil where there are no two.
struct CPUPair {
    static let spec = OptionSpec(
        "cpus", value: "LIST", help: "generator's and server's CPU (the first two)")

    let generator: Int?
    let server: Int?

    /// As `--cpus` says, or else the first two that there are.
    init(_ options: ParsedOptions) throws(Complaint) {
        let list = try options.text("cpus").map { text throws(Complaint) in
            try CPUSet(parsing: text)
        }
        let usable = (list ?? .available).cpus
        (generator, server) = usable.count > 1 ? (usable[0], usable[1]) : (nil, nil)
    }
}
