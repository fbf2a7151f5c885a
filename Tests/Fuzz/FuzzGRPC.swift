import Glibc

/// Feeds any bytes to the readers of gRPC.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGRPC(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer passes `count` readable bytes.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = Properties.grpcFault(bytes) {
        print(fault)
        fflush(nil)
        // libFuzzer takes a trap for a finding and keeps the input.
        preconditionFailure(fault)
    }
    return 0
}
