/// What a field block of an answer says about it.
package struct HTTP2BlockFacts: BitwiseCopyable, Sendable {
    var status: UInt16 = 0
    var length: UInt64?
    var grpcStatus: UInt32?
}
