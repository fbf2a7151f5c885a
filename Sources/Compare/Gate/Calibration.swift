package import Basis
import Report

/// How much pairs of identical servers differ on one machine, by metric: what a gate can find.
package struct Calibration: Equatable, Sendable {
    package static let schema = "switchyard.calibration/1"
    package static let file = "calibration.json"

    /// The scatter of one metric under one way of pairing.
    package struct Noise: Equatable, Sendable {
        package let metric: String
        package let pairing: Pairing
        /// The robust deviation of a pair's log ratio, pooled over the cells.
        package let sigma: Double
        package let pairs: Int
        /// Of a pair, starting and stopping included.
        package let pairTime: Nanoseconds

        package init(
            metric: String, pairing: Pairing, sigma: Double, pairs: Int, pairTime: Nanoseconds
        ) {
            self.metric = metric
            self.pairing = pairing
            self.sigma = sigma
            self.pairs = pairs
            self.pairTime = pairTime
        }
    }

    private enum Limit {
        /// Far beyond any pair, and small enough for the time of all pairs to be a time.
        static let pairTime = Nanoseconds.seconds(7 * 86_400)
        /// Far beyond any scatter that still is one.
        static let sigma = 10.0
    }

    /// Figures of another machine say nothing.
    package let hardwareID: String
    package let noises: [Noise]

    package init(hardwareID: String, noises: [Noise]) {
        self.hardwareID = hardwareID
        self.noises = noises
    }

    /// What a gate of `cells` finds of each metric by each pairing, a line each, and how long it
    /// takes.
    package func forecast(_ policy: GatePolicy, cells: Int) -> [String] {
        let design = GateDesign(policy, subjects: cells)
        var lines = noises.map { noise -> String in
            let effect = design.minimumDetectableEffect(tier: noise.tier, sigma: noise.sigma)
            let seen = effect.map { "\(fixed($0 * 100, decimals: 1))%" } ?? "nothing"
            let judged =
                noise.sigma > policy.sigmaLimit
                ? "; above \(fixed(policy.sigmaLimit * 100, decimals: 1))%, so that a clean gate is"
                    + " INCONCLUSIVE" : ""
            return "\(noise.metric) by \(noise.pairing.rawValue): pairs scatter by"
                + " \(fixed(noise.sigma * 100, decimals: 2))% (\(noise.pairs) pairs);"
                + " \(policy.pairs(sigma: noise.sigma)) pairs confirm,"
                + " smallest change found \(seen)\(judged)"
        }
        for pairing in Pairing.allCases {
            let own = noises.filter { $0.pairing == pairing }
            guard let pairTime = own.map(\.pairTime).max() else { continue }
            let clean = cells * policy.screenPairs + policy.controlPairs
            let most = own.map { policy.pairs(sigma: $0.sigma) }.max() ?? 0
            lines.append(
                "by \(pairing.rawValue) a clean gate of \(cells) cells takes about"
                    + " \(time(of: clean, pairTime)), each suspect \(time(of: most, pairTime)) more"
            )
        }
        return lines
    }

    /// What of it a gate meets that measures its pairs by `pairing`.
    package func met(by pairing: Pairing) -> Calibration {
        Calibration(
            hardwareID: hardwareID,
            noises: noises.filter {
                $0.pairing == ($0.metric == Pairing.slicedMetric ? pairing : .launch)
            })
    }

    /// Refuses a gate of `cells` whose outcome is foretold: the noise of what it judges hides
    /// changes on this machine that `policy` promises to find.
    package func check(_ policy: GatePolicy, _ cells: [GateCell]) throws(Complaint) {
        let design = GateDesign(policy, subjects: cells.count)
        let metrics = Set(cells.flatMap(\.metrics).map(\.name))
        for noise in noises where metrics.contains(noise.metric) {
            guard noise.sigma > policy.sigmaLimit else { continue }
            let found = design.minimumDetectableEffect(tier: noise.tier, sigma: noise.sigma)
            let promised = design.minimumDetectableEffect(
                tier: noise.tier, sigma: policy.sigmaLimit)
            throw Complaint(
                "pairs of \(noise.metric) scatter by \(fixed(noise.sigma * 100, decimals: 1))% on"
                    + " this machine: the gate would find"
                    + " \(found.map { "no change below \(percent($0))" } ?? "nothing"), and it"
                    + " promises \(promised.map(percent) ?? "more")",
                remedy: "stop what else runs and calibrate anew, lengthen --duration, or measure"
                    + " all the same with --force",
                status: .invalidRun)
        }
    }

    package var json: JSONValue {
        [
            "schema": .string(Self.schema), "hw_id": .string(hardwareID),
            "noise": .array(
                noises.map {
                    [
                        "metric": .string($0.metric), "pairing": .string($0.pairing.rawValue),
                        "sigma": .number($0.sigma), "pairs": .count($0.pairs),
                        "pair_ns": .integer($0.pairTime.raw),
                    ]
                }),
        ]
    }

    package init(parsing text: String, file: String) throws(Complaint) {
        do {
            let fields = try RecordFields(try JSONValue(parsing: text))
            try fields.require(schema: Self.schema)
            hardwareID = try fields.text("hw_id")
            noises = try fields.objects("noise").map { row in
                let noise = Noise(
                    metric: try row.text("metric"),
                    pairing: try row.choice("pairing", of: Pairing.self),
                    sigma: try row.number("sigma"), pairs: try row.count("pairs"),
                    pairTime: Nanoseconds(raw: try row.integer("pair_ns")))
                guard (.zero...Limit.pairTime).contains(noise.pairTime) else {
                    throw RecordRefusal(path: "pair_ns", problem: "is no time of a pair")
                }
                guard (0...Limit.sigma).contains(noise.sigma) else {
                    throw RecordRefusal(path: "sigma", problem: "is no scatter of pairs")
                }
                return noise
            }
        } catch {
            throw Complaint(
                "\(file) is no calibration: \(error)", remedy: "run: switchyard calibrate",
                status: .failure)
        }
    }
}

extension Calibration.Noise {
    /// How far its metric is trusted.
    fileprivate var tier: MetricTier { ComparedMetric.known(metric)?.tier ?? .paired }
}

/// Some words for the time of `pairs`, which a matrix of many cells can make too long for one.
private func time(of pairs: Int, _ pairTime: Nanoseconds) -> String {
    let (raw, isTooLong) = pairTime.raw.multipliedReportingOverflow(by: Int64(pairs))
    return isTooLong ? "centuries" : Nanoseconds(raw: raw).display
}

private func percent(_ share: Double) -> String { fixed(share * 100, decimals: 1) + "%" }
