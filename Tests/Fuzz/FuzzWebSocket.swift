import Glibc

/// Feeds any bytes to a WebSocket receiver, as a server and as a client.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWebSocket(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer passes `count` readable bytes.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = Properties.webSocketFault(bytes) {
        print(fault)
        fflush(nil)
        // libFuzzer takes a trap for a finding and keeps the input.
        preconditionFailure(fault)
    }
    return 0
}
