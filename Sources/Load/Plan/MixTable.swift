import Basis
import Report
import Wire

/// The columns of a mix's table that its requests take, row by row.
struct MixTable: Equatable, Sendable {
    /// How a value stands in a request.
    enum Spelling: Equatable, Sendable {
        /// As in the file.
        case plain
        /// In a path: percent-encoded, so that it is one part of it.
        case escaped
        /// A path itself, without the slash that it begins with.
        case path
    }

    /// The values of a column, one behind another.
    struct Column: Equatable, Sendable {
        var bytes: [UInt8] = []
        /// Where each value begins; the end of the last one.
        var starts = [0]

        var rows: Int { starts.count - 1 }

        var longest: Int { (0..<rows).map { starts[$0 + 1] - starts[$0] }.max() ?? 0 }
    }

    private let table: CSVTable
    private let file: String
    private var spelt: [(name: String, spelling: Spelling)] = []
    private(set) var columns: [Column] = []

    /// - Parameter file: its path, for complaints.
    init(parsing text: String, file: String) throws(Complaint) {
        self.file = file
        do throws(CSVRefusal) {
            table = try CSVTable(parsing: text)
        } catch {
            throw Complaint("\(file): \(error)", remedy: "mend the table; it is CSV with a header")
        }
        if table.lostTornLine || table.rows.isEmpty {
            throw Complaint(
                "\(file): \(table.rows.isEmpty ? "has no rows" : "its last line is cut short")",
                remedy: "give a header and a line for each request")
        }
    }

    static func == (a: MixTable, b: MixTable) -> Bool {
        a.table == b.table && a.columns == b.columns
    }

    /// The position of a column in this spelling among `columns`.
    mutating func take(_ name: String, _ spelling: Spelling) throws(Complaint) -> Int {
        if let taken = spelt.firstIndex(where: { $0.name == name && $0.spelling == spelling }) {
            return taken
        }
        guard let index = table.index(of: name) else {
            let near = nearestName(to: name, among: table.columns)
            throw Complaint(
                "\(file): there is no column '\(name)'",
                remedy: near.map { "did you mean '\($0)'?" }
                    ?? "choose from \(table.columns.joined(separator: ", "))")
        }
        var column = Column()
        for (number, row) in table.rows.enumerated() {
            column.bytes += try spell(row[index], spelling, table.line(ofRow: number), name)
            column.starts.append(column.bytes.count)
        }
        spelt.append((name, spelling))
        columns.append(column)
        return columns.count - 1
    }

    private func spell(
        _ value: String, _ spelling: Spelling, _ line: Int, _ column: String
    ) throws(Complaint) -> [UInt8] {
        let bytes = Array(value.utf8)
        switch spelling {
        case .plain: return bytes
        case .escaped: return percentEncoded(bytes)
        case .path:
            guard bytes.first == UInt8(ascii: "/"),
                bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") })
            else {
                throw Complaint(
                    "\(file): line \(line): '\(value)' in column '\(column)' is no path",
                    remedy: "write one such as /work?us=50, percent-encoded")
            }
            return Array(bytes.dropFirst())
        }
    }

    /// Refuses a value that would be more than one line of a head.
    func checkLines(of column: Int) throws(Complaint) {
        let values = columns[column]
        for row in 0..<values.rows {
            let value = values.bytes[values.starts[row]..<values.starts[row + 1]]
            guard value.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }) else { continue }
            throw Complaint(
                "\(file): line \(table.line(ofRow: row)): '\(spelt[column].name)' holds a control"
                    + " character, and stands in a field", remedy: "keep it on one line")
        }
    }
}
