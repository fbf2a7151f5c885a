/// The elementary functions of libm, reached through the standard library's own intrinsics: this
/// module computes and does not import the C library.
enum Elementary {
    @inline(always)
    static func log(_ x: Double) -> Double { _log(x) }
    @inline(always)
    static func exp(_ x: Double) -> Double { _exp(x) }
    @inline(always)
    static func sin(_ x: Double) -> Double { _sin(x) }
    @inline(always)
    static func cos(_ x: Double) -> Double { _cos(x) }
}
