import Glibc

/// Feeds any bytes to HPACK's decoder, as blocks of one connection.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHPACK(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer passes `count` readable bytes.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = Properties.hpackFault(bytes) {
        print(fault)
        fflush(nil)
        // libFuzzer takes a trap for a finding and keeps the input.
        preconditionFailure(fault)
    }
    return 0
}
