import Basis
import Platform

/// A certificate that this machine signed for itself, for cells with TLS.
struct Certificate: Equatable, Sendable {
    let chain: String
    let key: String

    /// Has openssl(1) make one in `folder`, valid for two days.
    init(in folder: String) throws(LaunchFailure) {
        chain = folder + "/certificate.pem"
        key = folder + "/key.pem"
        var options = SpawnOptions(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", chain,
            ])
        options.standardError = .captured
        do throws(SystemError) {
            var process = try ChildProcess(options)
            let end = process.wait(timeout: .seconds(10))
            if end?.ending == .exited(0) { return }
        } catch {
            throw LaunchFailure("openssl can't be started: \(error.reason)")
        }
        throw LaunchFailure("openssl made no certificate")
    }
}
