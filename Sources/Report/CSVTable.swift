/// Text that is no table.
package struct CSVRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package let problem: String
    /// Counts from 1, the header included.
    package let line: Int

    package var description: String { "line \(line): \(problem)" }
}

/// A table of texts with a header, as comma-separated values (RFC 4180).
///
/// Written with LF line ends, which every Unix tool expects; read with LF or CRLF.
package struct CSVTable: Equatable, Sendable {
    package let columns: [String]
    /// Each has one field for each column.
    package private(set) var rows: [[String]]
    /// Whether reading left out a last line that a crash or a full disk had cut short.
    package private(set) var lostTornLine = false
    /// The line on which each row that was read began.
    private var lines: [Int] = []

    package init(columns: [String]) {
        precondition(Set(columns).count == columns.count, "a column is named twice")
        self.columns = columns
        rows = []
    }

    package mutating func append(_ row: [String]) {
        precondition(row.count == columns.count, "a row has one field for each column")
        rows.append(row)
    }

    /// Tables are equal that say the same, whichever lines they were read from.
    package static func == (a: CSVTable, b: CSVTable) -> Bool {
        a.columns == b.columns && a.rows == b.rows && a.lostTornLine == b.lostTornLine
    }

    /// The line of a row, as an editor counts it: the header is line 1.
    package func line(ofRow row: Int) -> Int { lines.indices.contains(row) ? lines[row] : row + 2 }

    /// The position of the column `name`.
    package func index(of name: String) -> Int? { columns.firstIndex(of: name) }

    /// The field of `row` under `name`; nil where the table has no such column or the field is
    /// empty, which means that the value is missing.
    package func field(_ row: Int, _ name: String) -> String? {
        guard let column = index(of: name), !rows[row][column].isEmpty else { return nil }
        return rows[row][column]
    }

    package var text: String {
        var text = Self.line(columns)
        for row in rows { text += Self.line(row) }
        return text
    }

    /// One record with its line end.
    package static func line(_ fields: [String]) -> String {
        var line = ""
        for (index, field) in fields.enumerated() {
            if index > 0 { line += "," }
            let isQuoted =
                field.utf8.contains { ",\"\n\r".utf8.contains($0) } || fields == [""]
                || field.first == " " || field.last == " "
            line +=
                isQuoted
                ? "\""
                    + field.split(separator: "\"", omittingEmptySubsequences: false)
                    .joined(separator: "\"\"") + "\"" : field
        }
        return line + "\n"
    }

    /// Reads a table. A last line without a line end is left out when it has too few fields or an
    /// open quote; every other irregularity is refused. Blank lines are skipped, and so is a byte
    /// order mark (RFC 3629, section 6), which spreadsheets put in front.
    package init(parsing text: String) throws(CSVRefusal) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = Array(text.utf8)
        var reader = CSVReader(bytes: bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes)
        guard let header = try reader.record(), !reader.isTorn else {
            throw CSVRefusal(problem: "there is no header", line: 1)
        }
        if let twice = header.enumerated().first(where: {
            header[..<$0.offset].contains($0.element)
        }) {
            throw CSVRefusal(problem: "the column '\(twice.element)' is named twice", line: 1)
        }
        self.init(columns: header)
        rows.reserveCapacity(reader.expectedRecords)
        while let record = try reader.record() {
            if record.count == header.count, !reader.isTorn {
                rows.append(record)
                lines.append(reader.recordLine)
            } else if reader.isAtEnd, !reader.endedWithLine {
                lostTornLine = true
            } else {
                throw CSVRefusal(
                    problem: "\(record.count) fields under \(header.count) columns",
                    line: reader.recordLine)
            }
        }
    }
}

private struct CSVReader {
    let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// The line on which the last record began.
    private(set) var recordLine = 1
    /// Whether the last record ended inside quotes.
    private(set) var isTorn = false
    /// Whether the last record ended with a line end.
    private(set) var endedWithLine = true

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }
    var expectedRecords: Int { bytes.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) } }

    mutating func record() throws(CSVRefusal) -> [String]? {
        while position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x0D {
            if bytes[position] == 0x0A { line += 1 }
            position += 1
        }
        if isAtEnd { return nil }
        recordLine = line
        endedWithLine = false
        var fields: [String] = []
        while true {
            fields.append(try field())
            if isAtEnd { return fields }
            switch bytes[position] {
            case UInt8(ascii: ","):
                position += 1
                if isAtEnd {
                    fields.append("")
                    return fields
                }
            case 0x0D:
                position += 1
                if isAtEnd { return fields }
                guard bytes[position] == 0x0A else {
                    throw CSVRefusal(problem: "a carriage return without a line feed", line: line)
                }
                fallthrough
            default:
                position += 1
                line += 1
                endedWithLine = true
                return fields
            }
        }
    }

    /// Reads up to the comma, the line end or the end of the text.
    private mutating func field() throws(CSVRefusal) -> String {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try quoted() }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), 0x0A, 0x0D:
                return String(decoding: bytes[start..<position], as: UTF8.self)
            case UInt8(ascii: "\""):
                throw CSVRefusal(problem: "a quote inside a field without quotes", line: line)
            default: position += 1
            }
        }
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    private mutating func quoted() throws(CSVRefusal) -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte != UInt8(ascii: "\"") {
                if byte == 0x0A { line += 1 }
                text.append(byte)
            } else if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                position += 1
                text.append(byte)
            } else {
                guard isAtEnd || [UInt8(ascii: ","), 0x0A, 0x0D].contains(bytes[position]) else {
                    throw CSVRefusal(problem: "text behind a closing quote", line: line)
                }
                return String(decoding: text, as: UTF8.self)
            }
        }
        isTorn = true
        return String(decoding: text, as: UTF8.self)
    }
}
