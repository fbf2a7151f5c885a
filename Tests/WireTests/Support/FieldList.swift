import Basis

@testable import Wire

/// A field as a test writes it.
struct TestField: Equatable, CustomStringConvertible {
    var name: [UInt8]
    var value: [UInt8]
    var isSensitive = false

    init(_ name: String, _ value: String, isSensitive: Bool = false) {
        self.init(Array(name.utf8), Array(value.utf8), isSensitive: isSensitive)
    }

    init(_ name: [UInt8], _ value: [UInt8], isSensitive: Bool = false) {
        self.name = name
        self.value = value
        self.isSensitive = isSensitive
    }

    var description: String {
        "\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))"
            + (isSensitive ? " (never indexed)" : "")
    }
}

/// Keeps all fields of a block.
struct FieldList: FieldVisitor {
    private(set) var fields: [TestField] = []
    /// Names that the decoder's tables know by another token than their bytes have.
    private(set) var misnamed: [String] = []

    mutating func visit(
        _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
    ) {
        fields.append(TestField(name.array, value.array, isSensitive: isSensitive))
        if known != HTTP.FieldName(name) { misnamed.append("\(known): \(fields.last!)") }
    }
}

extension HPACKDynamicTable {
    /// All entries, the newest first.
    var fields: [TestField] {
        var fields: [TestField] = []
        var index = 62
        while let number = number(index: index) {
            fields.append(TestField(name(number).array, value(number).array))
            index += 1
        }
        return fields
    }
}

extension HPACKDecoder {
    /// The fields of a block.
    mutating func fields(_ block: [UInt8]) throws(HTTP2.Failure) -> [TestField] {
        var list = FieldList()
        _ = try decode(block.span, into: &list)
        return list.fields
    }
}

/// The bytes of hexadecimal digits, spaces between them left out.
func hex(_ digits: String) -> [UInt8] {
    let values = digits.utf8.filter { $0 != 0x20 }.compactMap(\.hexDigit)
    precondition(values.count % 2 == 0)
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
}

/// A field section on one line: `name: value` and a bar between two.
func fieldSection(_ line: String) -> [TestField] {
    line.split(separator: "|").map { field in
        // The colon of a pseudo-field is part of its name.
        let colon = field.dropFirst().firstIndex(of: ":") ?? field.endIndex
        let value = field[colon...].dropFirst()
        return TestField(
            String(field[..<colon]), String(value.first == " " ? value.dropFirst() : value))
    }
}
