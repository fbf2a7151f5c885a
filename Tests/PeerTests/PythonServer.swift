import Basis
import Platform
import TestSupport

/// A server in Python that says on a line of its own at which port of 127.0.0.1 it listens. It is
/// killed when the value is dropped.
final class PythonServer {
    let port: UInt16
    private var child: ChildProcess

    /// - Parameter interpreter: any Python will do for scripts that need no packages.
    init(_ script: String, interpreter: String = PythonOracle.interpreter) throws {
        var options = SpawnOptions(interpreter, ["-c", script])
        options.standardError = .captured
        child = try ChildProcess(options)
        guard let line = child.nextLine(timeout: TestLimit.hang), let port = UInt16(line) else {
            throw TestFailure("no port: \(child.remainingErrors(timeout: .seconds(5)))")
        }
        self.port = port
    }

    func stop() {
        child.killNow()
        _ = child.wait(timeout: TestLimit.hang)
    }
}
