import Basis
import Foundation
import Platform

/// A certificate that signs itself and its key, on P-256, as openssl(1) makes them.
struct TestIdentity {
    let certificate: String
    let key: String

    /// As this package's programs are told of it.
    var options: [String] { ["--cert", certificate, "--key", key] }

    /// - Parameter folder: made if need be, for both files.
    init(in folder: URL) throws(Complaint) {
        certificate = folder.appending(path: "certificate.pem").path
        key = folder.appending(path: "key.pem").path
        if FileManager.default.fileExists(atPath: certificate) { return }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw Complaint(
                "\(folder.path) can't be made: \(error)", remedy: "set TMPDIR", status: .failure)
        }
        var options = SpawnOptions(
            try Programs.installed("openssl"),
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
                + ["-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-days", "2"])
        options.standardError = .discarded
        _ = try Programs.output(of: options, within: .seconds(20))
    }
}
