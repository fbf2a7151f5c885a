/// A part of an answer: its bytes, and where in the payload it ends.
package struct HTTP2Part: BitwiseCopyable, Sendable {
    let bytes: UInt64
    let due: PartDue
    let end: Int
}
