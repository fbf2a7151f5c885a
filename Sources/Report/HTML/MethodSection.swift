/// The words without which the numbers would be misread.
enum MethodSection {
    /// What a verdict says, by its name in the tables.
    static let verdicts: [(name: String, meaning: String)] = [
        ("valid", "nothing speaks against the figures"),
        (
            "client-bound",
            "the generator was the limit, so that figures are bounds: the server does at least (≥) "
                + "this rate, and took at most (≤) these times; what a request cost it is no bound"
        ),
        ("disturbed", "other work took CPU time; such a launch does not count"),
        ("late", "requests were sent later than intended, or the rate was not reached"),
        ("unsteady", "the first and the second half of the launch differ"),
        (
            "other-openings",
            "connections were opened in another way than asked for; such a launch "
                + "does not count"
        ),
        ("errors", "too many requests failed; such a launch does not count"),
        ("too-few-samples", "too few requests for the percentiles that are printed"),
        ("invalid", "no launch of the cell counts, so it has no figures"),
        ("unavailable", "the machine can't run what the cell asks for, so it was skipped"),
    ]

    static func meaning(of verdict: String) -> String {
        verdicts.first { $0.name == verdict }?.meaning ?? "the launches say no more"
    }

    static var markup: Markup {
        let terms: [(String, String)] = [
            (
                "Launch",
                "One fresh start of the server under one load. It is what is repeated: a median "
                    + "is taken over launches, never over requests or seconds of one launch."
            ),
            (
                "Interval",
                "The exact 95 % interval of the median, from the order of the launches. Fewer than "
                    + "\(CellSummary.launchesForInterval) launches give a median without an "
                    + "interval. Two cells whose intervals overlap are not told apart here."
            ),
            (
                "Closed loop",
                "A connection sends its next request after the last answer. Its latency is the "
                    + "round trip: a slow server is asked less often, which flatters the tail."
            ),
            (
                "Open loop",
                "Requests are sent by a schedule, whatever the server does. Its latency is the "
                    + "response time, counted from the intended start: waiting in the generator is "
                    + "part of it, as it is for a user. The service time, from the actual sending, "
                    + "and the lateness between the two stand in runs.csv."
            ),
            (
                "Requests a second",
                "Only successful answers of the measured phase; the warm-up is left out."
            ),
            (
                "Percentiles",
                "p99 is the time that 99 of 100 requests kept to, from the full histogram of each "
                    + "launch. A dash stands where too few requests lie behind a percentile."
            ),
            (
                "CPU, system calls and sleeps a request",
                "Of all threads and processes of the server between two readings under load, over "
                    + "the requests of the same time. A sleep is a voluntary context switch."
            ),
        ]
        let list = terms.map { term in
            Markup.element("dt", [:], .text(term.0)) + .element("dd", [:], .text(term.1))
        }
        let meanings = verdicts.map { verdict in
            Markup.element("dt", [:], CellsSection.badge(verdict.name))
                + .element("dd", [:], .text(verdict.meaning))
        }
        return .element("dl", ["class": "terms"], .joined(list, by: "\n")) + "\n"
            + .element("h3", [:], "Verdicts") + "\n"
            + .element("dl", ["class": "terms verdicts"], .joined(meanings, by: "\n"))
    }
}
