import Basis
import Wire

/// The fields of a message of Protocol Buffers with what they hold, but for numbers of fixed size,
/// of which the reader keeps nothing.
struct MessageFields: Equatable {
    enum Value: Equatable {
        case varint(UInt64)
        case bytes([UInt8])
        case fixed
    }

    struct Field: Equatable {
        let number: UInt32
        let value: Value
    }

    private(set) var fields: [Field] = []
    /// Why no more of them is read.
    private(set) var refusal: GRPC.Fault?

    /// - Parameter start: where the message begins.
    init(_ bytes: [UInt8], from start: Int = 0) {
        var reader = Protobuf.Reader(from: start)
        do throws(GRPC.Fault) {
            while let field = try reader.next(bytes.span) {
                let value: Value =
                    switch field.value {
                    case .varint(let value): .varint(value)
                    case .bytes(let range): .bytes(Array(bytes[range]))
                    case .fixed: .fixed
                    }
                fields.append(Field(number: field.number, value: value))
            }
        } catch {
            refusal = error
        }
    }

    /// The same fields as a writer writes them, their numbers of fixed size four bytes long.
    var rewritten: [UInt8] {
        var output = ByteQueue()
        for field in fields {
            switch field.value {
            case .varint(let value):
                Protobuf.append(varint: UInt64(field.number) << 3, to: &output)
                Protobuf.append(varint: value, to: &output)
            case .bytes(let bytes):
                Protobuf.beginBytes(field: field.number, count: bytes.count, to: &output)
                output.append(bytes.span)
            case .fixed:
                Protobuf.append(varint: UInt64(field.number) << 3 | 5, to: &output)
                output.append(repeating: 0, count: 4)
            }
        }
        return output.array
    }

    /// The last field of a number: the one that counts.
    func last(_ number: UInt32) -> Value? { fields.last { $0.number == number }?.value }

    func lastNumber(_ number: UInt32) -> UInt64 {
        if case .varint(let value)? = last(number) { return value }
        return 0
    }

    func lastBytes(_ number: UInt32) -> [UInt8] {
        if case .bytes(let bytes)? = last(number) { return bytes }
        return []
    }

    /// Whether nothing is read that a message could be refused for.
    ///
    /// - Parameters:
    ///   - numbers: the fields that are small numbers.
    ///   - texts: those that are bytes.
    func areHarmless(numbers: [UInt32], texts: [UInt32]) -> Bool {
        refusal == nil
            && fields.allSatisfy { field in
                if numbers.contains(field.number) {
                    guard case .varint(let value) = field.value else { return false }
                    return value <= UInt64(GRPC.Status.unauthenticated.rawValue)
                }
                guard texts.contains(field.number) else { return true }
                if case .bytes = field.value { return true }
                return false
            }
    }
}
