import Basis
import Foundation

/// Which matrix a gate measures that is given none: the project's own, and in a folder that has
/// none of that name one that is built in.
enum GateMatrix {
    static let file = "Benchmarks/gate.json5"
    /// Stands where the path of a file would.
    static let builtIn = "built-in"

    static var standard: String {
        FileManager.default.fileExists(atPath: file) ? file : builtIn
    }

    /// The text of a matrix file that the user named, or of the one built in.
    static func read(_ path: String) throws(Complaint) -> String {
        path == builtIn ? text : try RunOptions.read(path)
    }

    /// As `Benchmarks/gate.json5`, which explains itself.
    static let text = """
        {
          defaults: {
            protocol: "h1", payload: 13, connections: 64, rate: "15k", arrivals: "constant",
            warmup: "500ms", duration: "2s", timeout: "2s",
          },
          axes: {
            pattern: [
              "single", "readers:direct", "balanced:shared", "acceptors:exclusive", "sharded:hash",
            ],
          },
          include: [{pattern: "sharded:hash", connections: 1024, rate: "15k"}],
          profiles: {
            quick: {
              about: "three cells and fewer pairs, for a first look (under 3 min)",
              filter: "pattern=single,balanced:shared,sharded:hash connections=64",
              warmup: "300ms",
              duration: "1s",
              pairs: {
                screen: 4, control: 8, suspects: 3,
                confirm: [{scatter_pct: 2.7, pairs: 10}, {scatter_pct: 5, pairs: 12}],
              },
            },
          },
        }
        """
}
