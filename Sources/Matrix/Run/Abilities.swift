import Basis
import Report

/// What the programs of this version can carry out of what a matrix can say. Asking for more is
/// refused before anything starts, not found out launch by launch.
enum Abilities {
    static func check(_ cells: [Cell]) throws(Complaint) {
        for cell in cells {
            guard let missing = missing(cell) else { continue }
            throw Complaint(
                "cell \(cell.id) asks for \(missing), which this version does not speak",
                remedy: "leave such cells out with exclude or --filter")
        }
    }

    private static func missing(_ cell: Cell) -> String? {
        if cell.language != .h1 { return "protocol \(cell.language.rawValue)" }
        if cell.tls != .off { return "TLS" }
        if cell.streams != 1 { return "streams" }
        return nil
    }
}
