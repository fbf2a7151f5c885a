import Basis
import Foundation

/// Small measurements and proofs about the release build: `switchyard-micro COMMAND --help`.
@main
enum Main {
    enum Command: String, CaseIterable {
        case floor
        case parser
        case knownLatency = "known-latency"
        case knownCapacity = "known-capacity"
        case link
        case asmCheck = "asm-check"
        case allocCheck = "alloc-check"
        case soak
    }

    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        do throws(Complaint) {
            let name = arguments.isEmpty ? "--help" : arguments.removeFirst()
            if name == "--help" || name == "-h" {
                print(help, terminator: "")
                return
            }
            guard let command = Command(rawValue: name) else { throw unknown(name) }
            let status =
                switch command {
                case .floor: try FloorCommand.run(arguments)
                case .parser: try ParserCommand.run(arguments)
                case .knownLatency: try KnownLatencyCommand.run(arguments)
                case .knownCapacity: try KnownCapacityCommand.run(arguments)
                case .link: try LinkCommand.run(arguments)
                case .asmCheck: try AssemblyCommand.run(arguments)
                case .allocCheck: try AllocationCommand.run(arguments)
                case .soak: try SoakCommand.run(arguments)
                }
            exit(status.rawValue)
        } catch {
            FileHandle.standardError.write(Data("switchyard-micro: \(error)\n".utf8))
            exit(error.status.rawValue)
        }
    }

    private static let help = """
        Small measurements and proofs about the release build.

        usage: switchyard-micro COMMAND [options]

          floor           hold server and generator against bare C and programs of others
          parser          time parsers and encoders
          known-latency   prove that the generator reports latencies that are known beforehand
          known-capacity  prove that --find-rate finds a capacity that is known beforehand
          link            measure what an emulated link adds to its delay, and what it carries
          asm-check       prove that hot functions count no references and allocate nothing
          alloc-check     prove that a request allocates nothing once warm
          soak            prove that no answer is lost, doubled or out of order

        switchyard-micro COMMAND --help says more.

        """

    private static func unknown(_ name: String) -> Complaint {
        let names = Command.allCases.map(\.rawValue)
        return Complaint(
            "unknown command '\(name)'",
            remedy: nearestName(to: name, among: names).map { "did you mean \($0)?" }
                ?? "choose from \(names.joined(separator: ", "))")
    }
}
