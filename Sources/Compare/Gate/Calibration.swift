package import Basis
import Measure
import Report

/// How much pairs of identical servers differ on one machine, by metric: what a gate can find.
package struct Calibration: Equatable, Sendable {
    package static let schema = "switchyard.calibration/1"
    package static let file = "calibration.json"

    /// The scatter of one metric.
    package struct Noise: Equatable, Sendable {
        package let metric: String
        /// The robust deviation of a pair's log ratio, pooled over the cells.
        package let sigma: Double
        package let pairs: Int

        package init(metric: String, sigma: Double, pairs: Int) {
            self.metric = metric
            self.sigma = sigma
            self.pairs = pairs
        }
    }

    /// Figures of another machine say nothing.
    package let hardwareID: String
    package let noises: [Noise]
    /// Of a pair, starting and stopping included.
    package let pairTime: Nanoseconds

    package init(hardwareID: String, noises: [Noise], pairTime: Nanoseconds) {
        self.hardwareID = hardwareID
        self.noises = noises
        self.pairTime = pairTime
    }

    /// What a gate of `cells` finds of each metric, a line each, and how long it takes.
    package func forecast(_ policy: GatePolicy, cells: Int) -> [String] {
        let design = GateDesign(policy, subjects: cells)
        var lines = noises.map { noise -> String in
            let tier = ComparedMetric.known(noise.metric)?.tier ?? .paired
            let effect = design.minimumDetectableEffect(tier: tier, sigma: noise.sigma)
            let seen = effect.map { "\(fixed($0 * 100, decimals: 1))%" } ?? "nothing"
            let judged =
                noise.sigma > policy.sigmaLimit
                ? "; above \(fixed(policy.sigmaLimit * 100, decimals: 1))%, so that a clean gate is"
                    + " INCONCLUSIVE" : ""
            return "\(noise.metric): pairs scatter by \(fixed(noise.sigma * 100, decimals: 2))%"
                + " (\(noise.pairs) pairs); \(policy.pairs(sigma: noise.sigma)) pairs confirm,"
                + " smallest change found \(seen)\(judged)"
        }
        let clean = Int64(cells * policy.screenPairs + policy.controlPairs)
        let most = noises.map { policy.pairs(sigma: $0.sigma) }.max() ?? 0
        lines.append(
            "a clean gate of \(cells) cells takes about \((pairTime * clean).display), each suspect"
                + " \((pairTime * Int64(most)).display) more")
        return lines
    }

    package var json: JSONValue {
        [
            "schema": .string(Self.schema), "hw_id": .string(hardwareID),
            "pair_ns": .integer(pairTime.raw),
            "noise": .array(
                noises.map {
                    [
                        "metric": .string($0.metric), "pairing": "launch",
                        "sigma": .number($0.sigma), "pairs": .count($0.pairs),
                    ]
                }),
        ]
    }

    package init(parsing text: String, file: String) throws(Complaint) {
        do {
            let fields = try RecordFields(try JSONValue(parsing: text))
            let schema = try fields.text("schema")
            guard schema == Self.schema else {
                throw RecordRefusal(path: "schema", problem: "is '\(schema)', not \(Self.schema)")
            }
            hardwareID = try fields.text("hw_id")
            pairTime = Nanoseconds(raw: try fields.integer("pair_ns"))
            noises = try fields.objects("noise").map {
                Noise(
                    metric: try $0.text("metric"), sigma: try $0.number("sigma"),
                    pairs: try $0.count("pairs"))
            }
        } catch {
            throw Complaint(
                "\(file) is no calibration: \(error)", remedy: "run: switchyard calibrate",
                status: .failure)
        }
    }
}
