import Basis

/// What the command line says of several runs at different rates.
extension LoadOptions {
    static let stepSpecs: [OptionSpec] = [
        .init(
            "find-rate", value: "RULE", repeatable: true,
            help: "search the highest rate that meets a rule such as 'p99<5ms'"),
        .init("max-rate", value: "N", help: "with --find-rate: try no higher one"),
        .init(
            "stages", value: "LIST",
            help: "rates one after the other, as 10k:10s,20k:10s or 1k..10k:30s"),
    ]

    /// Options that say another thing than several rates of requests.
    private static let besideSteps = ["connection-rate", "turn", "subscribe"]

    /// Reads `--find-rate` and `--stages`, before the pace of a single run is looked at.
    static func steps(
        _ plan: inout LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        let name = options.has("find-rate") ? "find-rate" : "stages"
        guard options.has(name) else {
            if options.has("max-rate") {
                throw Complaint(
                    "--max-rate means nothing without --find-rate",
                    remedy: "add it, or leave it out")
            }
            return
        }
        let others = name == "stages" ? ["rate", "duration", "max-rate"] : ["stages"]
        for other in besideSteps + others where options.has(other) {
            throw Complaint("--\(name) and --\(other) are two loads", remedy: "leave one out")
        }
        if name == "stages" {
            let stages = try Stage.all(parsing: options.text(name) ?? "")
            for stage in stages { try check(stage.rate, of: name, plan) }
            for option in ["hgrm", "histogram"] where options.has(option) {
                throw Complaint(
                    "--\(option) would mix the latencies of all --stages",
                    remedy: "take --hlog, which tells them apart")
            }
            plan.steps = .stages(stages)
            return
        }
        if !options.has("duration") { plan.duration = CapacityRules.duration }
        if !options.has("warmup") { plan.warmUp = CapacityRules.warmUp }
        let highest = PerSecond(raw: Limit.ratePerThread * Double(plan.threads))
        let rules = try CapacityRules(
            parsing: options.all(name), first: try options.rate("rate"),
            highest: try options.rate("max-rate") ?? highest)
        try check(rules.highest, of: "max-rate", plan)
        let lowest = rules.lowest(in: plan.duration)
        for (option, rate) in [("rate", rules.first), ("max-rate", rules.highest)] {
            guard let rate, rate.raw < lowest else { continue }
            throw Complaint(
                "--\(option) \(options.text(option) ?? "") is less than steps of"
                    + " \(plan.duration.display) can judge",
                remedy: "give at least \(decimalDisplay(lowest.rounded(.up))), or a longer"
                    + " --duration")
        }
        if let first = rules.first, first > rules.highest {
            throw Complaint(
                "--rate \(first.display) is above --max-rate \(rules.highest.display)",
                remedy: "begin lower")
        }
        plan.steps = .search(rules)
    }

    private static func check(
        _ rate: PerSecond, of option: String, _ plan: LoadPlan
    ) throws(Complaint) {
        try checkHighest(rate, of: option, plan)
        if rate.raw < Limit.rateLowest {
            throw Complaint(
                "--\(option) has a rate of less than one request in 1000 seconds",
                remedy: "give at least 0.001")
        }
    }
}
