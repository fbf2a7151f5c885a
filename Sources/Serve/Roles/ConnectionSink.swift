import Platform

/// Where an acceptor's connections go.
protocol ConnectionSink: ~Copyable, SendableMetatype {
    /// Takes a connection over, or closes it where there is nobody for it.
    mutating func hand<K: Kernel>(
        _ descriptor: consuming Descriptor, with kernel: inout K, tally: inout Tally)
}
