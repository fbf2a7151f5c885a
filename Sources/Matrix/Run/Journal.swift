import Basis
import Platform
import Report

/// What a journal keeps, a line each.
protocol JournalRecord {
    /// What one is called in complaints.
    static var noun: String { get }
    /// Names it within its run.
    var slot: Int { get }
    var json: JSONValue { get }

    init(json: JSONValue) throws(RecordRefusal)

    /// Notes with earlier records what this one says of them.
    func amend(_ earlier: inout [Self])
}

extension JournalRecord {
    func amend(_ earlier: inout [Self]) {}
}

extension LaunchRecord: JournalRecord {
    static var noun: String { "launch" }

    func amend(_ earlier: inout [LaunchRecord]) {
        guard let place = earlier.firstIndex(where: { $0.slot == replaces }) else { return }
        earlier[place].replacedBy = slot
    }
}

/// The launches of a run, one JSON line each, on the disk before the next launch begins. From it
/// all tables follow, and a run that was cut off goes on. A gate keeps its pairs by slices so too.
struct Journal<Record: JournalRecord>: ~Copyable {
    private let file: AppendOnlyFile
    private let path: String
    /// By rising time.
    private(set) var records: [Record]
    private var slots: Set<Int>
    /// Whether opening dropped a last line that a crash had cut short.
    let lostTornLine: Bool

    /// Opens or makes the journal at `path` for this process alone.
    ///
    /// A line counts once its line end is written; what follows the last one is dropped from the
    /// file. Anything else that is no record, or a slot that stands twice, is refused.
    init(_ path: String) throws(Complaint) {
        let opened = try Self.open(path)
        let content = try Self.read(path)
        if content.whole < content.total { try Self.cut(opened, path, to: content.whole) }
        lostTornLine = content.whole < content.total
        records = content.records
        slots = Set(content.records.map(\.slot))
        file = opened
        self.path = path
    }

    private static func open(_ path: String) throws(Complaint) -> AppendOnlyFile {
        do throws(SystemError) {
            return try AppendOnlyFile(path)
        } catch {
            throw error.isHeldByAnother
                ? Complaint(
                    "another switchyard is at work on \(path)", remedy: "wait until it ends",
                    status: .failure)
                : error.complaint("can't open \(path)", remedy: "check the folder's permissions")
        }
    }

    private static func cut(
        _ file: borrowing AppendOnlyFile, _ path: String, to count: Int
    ) throws(Complaint) {
        do throws(SystemError) {
            try file.truncate(to: ByteCount(raw: count))
        } catch {
            throw error.complaint("can't mend \(path)", remedy: "check the disk")
        }
    }

    /// Adds a record; on the disk when this returns.
    mutating func append(_ record: Record) throws(Complaint) {
        do throws(SystemError) {
            try file.append(record.json.compact)
        } catch {
            throw error.complaint(
                "can't write the journal", remedy: "make room on the disk, then resume")
        }
        record.amend(&records)
        records.append(record)
        slots.insert(record.slot)
    }

    /// Takes the last record back, from the file too, as if it had never been made.
    mutating func dropLast() throws(Complaint) {
        guard let record = records.last else { return }
        let content: String
        do throws(SystemError) {
            content = try readFile(path)
        } catch {
            throw error.complaint("can't read \(path)", remedy: "check the disk")
        }
        let bytes = content.utf8
        let line = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n"))
        let kept = line.map { bytes.distance(from: bytes.startIndex, to: $0) + 1 } ?? 0
        try Self.cut(file, path, to: kept)
        records.removeLast()
        slots.remove(record.slot)
    }

    /// Whether the launch of `slot` is recorded.
    func holds(_ slot: Slot) -> Bool { slots.contains(slot.index) }

    /// The records at `path`, without opening it for writing.
    static func records(_ path: String) throws(Complaint) -> [Record] {
        try read(path).records
    }

    private static func read(
        _ path: String
    ) throws(Complaint) -> (records: [Record], whole: Int, total: Int) {
        let text: String
        do throws(SystemError) {
            text = try readFile(path)
        } catch {
            throw error.complaint("can't read \(path)", remedy: "check the name of the run")
        }
        let bytes = text.utf8
        let whole =
            bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes.index(after: $0) }
            ?? bytes.startIndex
        var records: [Record] = []
        var slots: Set<Int> = []
        for (index, line) in text[..<whole].split(separator: "\n").enumerated() {
            let record: Record
            do {
                record = try Record(json: JSONValue(parsing: String(line)))
            } catch {
                throw Complaint(
                    "\(path) line \(index + 1) is no \(Record.noun): \(error)",
                    remedy: "restore the file or begin a new run", status: .failure)
            }
            guard slots.insert(record.slot).inserted else {
                throw Complaint(
                    "\(path) line \(index + 1) repeats slot \(record.slot)",
                    remedy: "restore the file or begin a new run", status: .failure)
            }
            record.amend(&records)
            records.append(record)
        }
        return (records, bytes.distance(from: bytes.startIndex, to: whole), bytes.count)
    }
}
