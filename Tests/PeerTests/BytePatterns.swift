import Serve
import TestSupport

/// The patterns by which what a connection says is tried, as their command line names.
let bytePatterns = PatternID.movingBytes.map(\.rawValue)
