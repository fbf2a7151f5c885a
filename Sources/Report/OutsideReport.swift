package import Basis

/// What a launch tells of a server that it has not started.
package struct OutsideReport: Equatable, Sendable {
    /// Without a user name.
    package var url: String
    /// Whether an agent on the server's machine told what the server used.
    package var isMeasured: Bool
    /// The share of its machine's CPU time that the hypervisor withheld while it was read, 0...1;
    /// nil where no agent told.
    package var stolenShare: Double?
    /// The share of the time, 0...1, in which the CPUs were taken that it may use, by whomever; nil
    /// where no agent told.
    package var busyShare: Double?

    package init(url: String, isMeasured: Bool) {
        self.url = url
        self.isMeasured = isMeasured
    }

    package var json: JSONValue {
        [
            "url": .string(url), "measured": .bool(isMeasured),
            "stolen_share": .optional(stolenShare), "busy_share": .optional(busyShare),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init(url: try fields.text("url"), isMeasured: try fields.flag("measured"))
        stolenShare = try fields.optionalNumber("stolen_share")
        busyShare = try fields.optionalNumber("busy_share")
    }
}
