/// The elementary functions of libm, reached through the standard library's own intrinsics: this
/// module computes and does not import the C library.
package enum Elementary {
    @inline(always)
    package static func log(_ x: Double) -> Double { _log(x) }
    @inline(always)
    package static func exp(_ x: Double) -> Double { _exp(x) }
    @inline(always)
    static func cos(_ x: Double) -> Double { _cos(x) }
}
