import Basis
import Compare
import Foundation
import Report

extension Calibration {
    /// The calibration that lies in `results`; nil where there is none, or one of another machine.
    static func ofThisMachine(in results: String) throws(Complaint) -> Calibration? {
        let path = "\(results)/\(file)"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let calibration = try Calibration(parsing: text, file: path)
        return calibration.hardwareID == Fingerprint(.system).hardwareID ? calibration : nil
    }
}
