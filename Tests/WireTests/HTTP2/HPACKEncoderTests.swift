import Basis
import Testing

@testable import Wire

@Suite("HPACK: encoding")
struct HPACKEncoderTests {
    private static func block(
        _ encoder: inout HPACKEncoder,
        _ write: (inout HPACKEncoder, inout ByteQueue) -> Void = {
            _, _ in
        }
    ) -> [UInt8] {
        var output = ByteQueue()
        encoder.begin(&output)
        write(&encoder, &output)
        return output.array
    }

    @Test("a reply of cached fields is small from the second on, and survives 70 s of Dates")
    func dates() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        var server = HPACKCachedField()
        var contentType = HPACKCachedField()
        var date = HPACKCachedField()
        var inserted: [Int] = []
        for second in 0..<200 {
            let now = HTTPDate(unixSeconds: 784_111_777 + Int64(second))
            for request in 0..<3 {
                let before = encoder.table.inserted
                let block = Self.block(&encoder) { encoder, output in
                    encoder.append(staticIndex: 8, to: &output)
                    encoder.append(
                        "server", Array("switchyard".utf8).span, cached: &server, to: &output)
                    encoder.append(
                        "date", now.text.span, stamp: UInt64(second), cached: &date, to: &output)
                    encoder.append(
                        "content-type", Array("text/plain".utf8).span, cached: &contentType,
                        to: &output)
                    encoder.append(staticName: 28, decimal: 13, to: &output)
                }
                inserted.append(Int(encoder.table.inserted - before))
                if inserted.last == 0 { #expect(block.count <= 12) }
                let fields = try decoder.fields(block)
                #expect(
                    fields == [
                        TestField(":status", "200"), TestField("server", "switchyard"),
                        TestField(Array("date".utf8), now.text.span.array),
                        TestField("content-type", "text/plain"),
                        TestField("content-length", "13"),
                    ], "second \(second), request \(request)")
                if request == 0 { #expect(decoder.table.fields == encoder.table.fields) }
            }
        }
        // 4,096 bytes hold 63 Dates of 65: then Server and Content-Type were inserted anew.
        #expect(inserted[0] == 3 && inserted[1] == 0 && inserted[3] == 1)
        #expect(inserted.reduce(0, +) > 200 + 2 && inserted.reduce(0, +) <= 200 + 2 * 4)
        #expect(encoder.storageBytes <= 10 * 1_024)
    }

    @Test("a cached field that no table takes is a literal each time")
    func noTable() throws {
        var encoder = HPACKEncoder()
        encoder.peerAllows(tableBytes: 0)
        var decoder = HPACKDecoder()
        var server = HPACKCachedField()
        for _ in 0..<3 {
            let block = Self.block(&encoder) { encoder, output in
                encoder.append("server", Array("s".utf8).span, cached: &server, to: &output)
            }
            #expect(try decoder.fields(block) == [TestField("server", "s")])
        }
        #expect(encoder.table.count == 0 && decoder.table.limit == 0)
    }

    @Test(
        "decimal values",
        arguments: [0, 9, 10, 99, 100, 12_345, 9_999_999_999_999_999_999, .max] as [UInt64])
    func decimals(_ value: UInt64) throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let block = Self.block(&encoder) { encoder, output in
            encoder.append(staticName: 28, decimal: value, to: &output)
        }
        #expect(try decoder.fields(block) == [TestField("content-length", "\(value)")])
    }

    /// Limits that a peer sends, in order, and the updates that must begin the next block.
    struct Change: CustomTestStringConvertible, Sendable {
        let limits: [UInt32]
        let updates: String
        var capacity = 4_096
        var testDescription: String { "\(limits) with \(capacity)" }
    }

    @Test(
        "limits that change are said at the beginning of the next block, RFC 7541 §4.2",
        arguments: [
            Change(limits: [], updates: ""), Change(limits: [4_096], updates: ""),
            Change(limits: [65_536], updates: ""), Change(limits: [0], updates: "20"),
            Change(limits: [0, 4_096], updates: "20 3fe11f"),
            Change(limits: [100, 50, 200], updates: "3f13 3fa901"),
            Change(limits: [200, 100], updates: "3f45"),
            Change(limits: [16_384, 0, 16_384], updates: "20 3fe11f"),
            Change(limits: [], updates: "3fe101", capacity: 256),
            Change(limits: [1_000], updates: "3fe101", capacity: 256),
            Change(limits: [1_000, 100, 1_000], updates: "3f45 3fe101", capacity: 256),
        ])
    func limits(_ change: Change) throws {
        var encoder = HPACKEncoder(capacity: change.capacity)
        for limit in change.limits { encoder.peerAllows(tableBytes: limit) }
        let updates = Self.block(&encoder)
        #expect(updates == hex(change.updates))
        #expect(Self.block(&encoder).isEmpty, "said once")
        #expect(encoder.table.limit == min(Int(change.limits.last ?? 4_096), change.capacity))
        var decoder = HPACKDecoder()
        #expect(try decoder.fields(updates).isEmpty)
        #expect(decoder.table.limit == encoder.table.limit)
    }

    @Test("a smaller table loses its oldest entries on both ends")
    func shrinking() throws {
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder()
        let fields = (0..<9).map { TestField("name-\($0)", "value") }
        func send() throws {
            let block = Self.block(&encoder) { encoder, output in
                for field in fields {
                    encoder.append(name: field.name.span, value: field.value.span, to: &output)
                }
            }
            #expect(try decoder.fields(block) == fields)
            #expect(decoder.table.fields == encoder.table.fields)
        }
        try send()
        #expect(encoder.table.count == 9)
        encoder.peerAllows(tableBytes: 100)
        try send()
        #expect(encoder.table.count == 2)
        encoder.peerAllows(tableBytes: 4_096)
        try send()
        #expect(encoder.table.count == 9)
    }

    @Test("the static table is found by all of its fields and names")
    func statics() throws {
        var decoder = HPACKDecoder()
        for index in 1...61 {
            let name = HPACKStaticTable.name(index)
            let value = HPACKStaticTable.value(index)
            #expect(HPACKStaticTable.known(index) == HTTP.FieldName(name))
            let found = HPACKStaticTable.find(name: name, value: value)
            #expect(found?.index == index && found?.hasValue == true)
            let other = HPACKStaticTable.find(name: name, value: Array("?".utf8).span)
            #expect(other.map { HPACKStaticTable.name($0.index).array } == name.array)
            #expect(other?.hasValue == false)
            #expect(
                try decoder.fields([0x80 | UInt8(index)])
                    == [TestField(name.array, value.array)])
        }
        let unknown = Array("x".utf8)
        let isFound = HPACKStaticTable.find(name: unknown.span, value: unknown.span) != nil
        #expect(!isFound)
    }
}
