import Basis
import Foundation
import Matrix

@main
enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(Switchyard.main(arguments, on: .standard).rawValue)
    }
}
