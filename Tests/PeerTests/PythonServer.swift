import Platform
import TestSupport
import Testing

/// A server that a Python script is: it prints the port that it listens on.
final class PythonServer {
    let port: UInt16
    private var child: ChildProcess

    init(_ script: String) throws {
        var options = SpawnOptions(PythonOracle.interpreter, ["-c", script])
        options.standardError = .discarded
        var child = try ChildProcess(options)
        let line = child.nextLine(timeout: TestLimit.hang) ?? ""
        guard let port = UInt16(line) else {
            child.killNow()
            throw TestFailure("the server says '\(line)' instead of a port")
        }
        self.port = port
        self.child = child
    }

    func stop() {
        child.terminate()
        let end = child.wait(timeout: TestLimit.hang)?.ending
        #expect(end != nil, "the server does not end")
    }
}
