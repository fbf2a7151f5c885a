/// A structure of counters: its members, also the nested ones, are all of type `Cell`.
package protocol CounterTable: Equatable, Sendable {
    associatedtype Cell: CounterCell
}

// SAFETY, throughout: by the contract of the protocol the value is an array of `count` cells, lent
// for a call; a test compares it with its reflection.
extension CounterTable {
    /// How many counters there are.
    package static var count: Int {
        @inline(always) get { MemoryLayout<Self>.stride / MemoryLayout<Cell>.stride }
    }

    /// The cells in the order of their declaration.
    @inline(always)
    package func withCells<Result>(_ body: (Span<Cell>) -> Result) -> Result {
        unsafe withUnsafePointer(to: self) {
            unsafe $0.withMemoryRebound(to: Cell.self, capacity: Self.count) {
                body(unsafe Span(_unsafeStart: $0, count: Self.count))
            }
        }
    }

    /// The same, to be changed.
    @inline(always)
    package mutating func withMutableCells(_ body: (inout MutableSpan<Cell>) -> Void) {
        unsafe withUnsafeMutablePointer(to: &self) {
            unsafe $0.withMemoryRebound(to: Cell.self, capacity: Self.count) {
                var cells = unsafe MutableSpan(_unsafeStart: $0, count: Self.count)
                body(&cells)
            }
        }
    }

    package var cells: [Cell] { withCells { cells in cells.indices.map { cells[$0] } } }

    /// The counter at `index` in the order of their declaration.
    package subscript(index: Int) -> Cell {
        get { withCells { $0[index] } }
        set { withMutableCells { $0[index] = newValue } }
    }
}

extension CounterTable where Cell == UInt64 {
    @inline(always)
    package static func + (a: Self, b: Self) -> Self { a.combined(with: b, &+) }

    /// What was counted since `b`.
    @inline(always)
    package static func - (a: Self, b: Self) -> Self { a.combined(with: b, &-) }

    @inline(always)
    private func combined(with other: Self, _ combine: (UInt64, UInt64) -> UInt64) -> Self {
        var result = self
        other.withCells { others in
            result.withMutableCells { cells in
                for index in 0..<Self.count { cells[index] = combine(cells[index], others[index]) }
            }
        }
        return result
    }
}
