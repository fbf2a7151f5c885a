// Hot path
import Basis
import Wire

/// The heads of a mix's kinds, encoded as far as no connection's table has a say in that, and their
/// payloads.
///
/// A table that the paths of many kinds go through has none of them when it comes again, so only
/// what fits is put there, and what most kinds say comes first. All else is a literal.
struct HTTP2MixHeads: Sendable {
    /// A piece of a head.
    enum Part: Sendable {
        /// These of `bytes`, whatever the table has.
        case bytes(Range<Int>)
        /// A field that the table keeps, by its number among those; and the bytes that say it
        /// without a table.
        case kept(Int, literal: Range<Int>)
        /// The value of a field, behind its name.
        case filled
    }

    /// A field that a table keeps, in `bytes`.
    struct Kept: Sendable {
        let name: Range<Int>
        let value: Range<Int>
        /// What it and those before it take of a table.
        let tableBytes: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var parts: [Part] = []
    /// Of each kind its parts.
    private(set) var kinds: [Range<Int>] = []
    private(set) var kept: [Kept] = []
    /// Of each kind its payload, in `bytes`; nothing where each request has its own.
    private var bodies: [Range<Int>] = []

    init(_ all: [HTTP2Request]) {
        let numbers = keep(Self.ranked(all))
        // Nothing is put into its table, so no other one is needed to read what it writes.
        var encoder = HPACKEncoder()
        for request in all {
            let first = parts.count
            for field in request.fields { add(field, numbers[field], with: &encoder) }
            kinds.append(first..<parts.count)
            bodies.append(add { if !request.fillsBody { $0.append(request.body.span) } })
        }
    }

    @_lifetime(borrow self)
    @inline(always)
    borrowing func body(of kind: Int) -> Span<UInt8> {
        bytes.span.extracting(bodies[kind])
    }

    /// The fields that a table is to keep, those of most kinds first.
    private static func ranked(_ all: [HTTP2Request]) -> [HTTP2Request.Field] {
        var uses: [HTTP2Request.Field: (count: Int, first: Int)] = [:]
        for field in all.lazy.flatMap(\.fields) where !field.isFilled && !field.isSecret {
            if HPACKEncoder.isStatic(name: field.name.span, value: field.value.span) { continue }
            let first = uses.count
            uses[field, default: (0, first)].count += 1
        }
        return uses.sorted { ($1.value.count, $0.value.first) < ($0.value.count, $1.value.first) }
            .map(\.key)
    }

    /// Takes those in that fit the largest table, and says their numbers.
    private mutating func keep(_ fields: [HTTP2Request.Field]) -> [HTTP2Request.Field: Int] {
        var numbers: [HTTP2Request.Field: Int] = [:]
        var tableBytes = 0
        for field in fields {
            let more =
                field.name.count + field.value.count + HPACKDynamicTable.entryOverhead
            guard tableBytes + more <= HTTP2.Limit.tableBytes else { continue }
            tableBytes += more
            numbers[field] = kept.count
            kept.append(
                Kept(
                    name: add { $0.append(field.name.span) },
                    value: add { $0.append(field.value.span) }, tableBytes: tableBytes))
        }
        return numbers
    }

    private mutating func add(
        _ field: HTTP2Request.Field, _ number: Int?, with encoder: inout HPACKEncoder
    ) {
        let indexing: HPACKEncoder.Indexing = field.isSecret ? .never : .none
        if field.isFilled {
            let name = add {
                encoder.beginLiteral(name: field.name.span, indexing: indexing, to: &$0)
            }
            addPart(name)
            parts.append(.filled)
            return
        }
        let literal = add {
            encoder.append(
                name: field.name.span, value: field.value.span, indexing: indexing, to: &$0)
        }
        if let number { parts.append(.kept(number, literal: literal)) } else { addPart(literal) }
    }

    /// Adds a part of bytes, to that before it if it is one of bytes just before these.
    private mutating func addPart(_ range: Range<Int>) {
        let start = kinds.last?.upperBound ?? 0
        if parts.count > start, case .bytes(let before) = parts[parts.count - 1],
            before.upperBound == range.lowerBound
        {
            parts[parts.count - 1] = .bytes(before.lowerBound..<range.upperBound)
        } else {
            parts.append(.bytes(range))
        }
    }

    /// Takes bytes in, and says which those are.
    private mutating func add(_ write: (inout ByteQueue) -> Void) -> Range<Int> {
        var queue = ByteQueue()
        write(&queue)
        bytes += Array(copying: queue.bytes)
        return bytes.count - queue.count..<bytes.count
    }
}
