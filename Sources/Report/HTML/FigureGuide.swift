/// What a figure of `plots/` is for, in the words that stand beside it in a report.
package struct FigureGuide: Equatable, Sendable {
    package let name: String
    package let question: String
    /// One sentence or two: how to read it.
    package let reading: String

    private init(_ name: String, _ question: String, _ reading: String) {
        self.name = name
        self.question = question
        self.reading = reading
    }

    /// In the order of a report: from what most ask first to what tells whether to believe it.
    package static let all = [
        FigureGuide(
            "throughput", "How many requests a second, and what does one cost the server?",
            "Longer bars in the upper panel and shorter ones in the lower are better; a whisker is "
                + "the interval of the median. An arrow up: at least so much, for the generator "
                + "was the limit. Hollow bars have no valid verdict."),
        FigureGuide(
            "cost", "What does a request cost the server at a given rate?",
            "Shorter bars are better, within a group: CPU time, system calls and sleeps of threads "
                + "for each request. Hollow bars have no valid verdict."),
        FigureGuide(
            "roles", "Which threads of each pattern spend the CPU time of a request?",
            "Shorter bars are better, within a panel; a bar is cut by the role of the threads. "
                + "What they have not spent is other: the program's first thread, for one."),
        FigureGuide(
            "scaling", "How does throughput grow with threads or processes?",
            "The line is the Universal Scalability Law: λ is what one thread does, α what all wait "
                + "for in turn, β what each pair exchanges, by which more threads do less. An "
                + "arrow is at least so much, hollow points have no valid verdict."),
        FigureGuide(
            "percentiles", "How long do the slowest requests of each pattern take?",
            "Each step to the right is a request ten times rarer: the lower a line stays, the "
                + "better the tail. Dashed lines are round trips of the closed loop, which flatter "
                + "a slow server; behind a name, ≤ says that it took at most so long."),
        FigureGuide(
            "capacity", "What is the highest rate at which each pattern meets an objective?",
            "Longer bars are better; a whisker is the interval of the median, or of the search. "
                + "Words instead of a bar say why there is no capacity: generator-bound is a "
                + "server that can do more, as an arrow does."),
        FigureGuide(
            "protocols", "What do HTTP/2 and more requests in flight on a connection change?",
            "Compare a colour from group to group: requests a second and CPU time a request in the "
                + "closed loop, the tail at one rate. More in flight shares system calls, whatever "
                + "the protocol. An arrow says which way a bound leaves open."),
        FigureGuide(
            "push", "How long does an event take to its subscribers, and what does it cost?",
            "Compare a colour from way to way: lower points are events that come sooner, on an "
                + "axis of powers; shorter bars are events that cost the server less."),
        FigureGuide(
            "slopes", "How many round trips does a request wait for?",
            "The steeper a line, the more of them: the legend has its slope. Where it meets the "
                + "left edge is what would be left without a round trip."),
        FigureGuide(
            "hockey", "At which offered rate does the response time take off?",
            "Follow a line to the right until it bends up: there the pattern is at its limit. Past "
                + "it the response time says how long the run was, not how good the server is. An "
                + "arrow down: at most so long, for the generator was the limit."),
        FigureGuide(
            "heatmap", "Which pattern wins under which load?",
            "Compare within a column only: 100 is the best pattern under that load, 50 half as "
                + "good, ≥ at least so good, × has no valid verdict. Frames are the best, "
                + "yellow, and the worst."
        ),
        FigureGuide(
            "balance", "Do the workers share requests and connections evenly?",
            "Each bar is 100 %, cut at the share of the busiest worker, the next and so on; black "
                + "ticks mark fair cuts."),
        FigureGuide(
            "spread", "How much do launches of one cell differ, and did the machine drift?",
            "A flat line above and short rows below mean that the run can be trusted; a slope or "
                + "leaning rows mean that it should be repeated on a quieter machine."),
    ]

    /// The guide of the figure `name`; for a figure of somebody else, one that says only its name.
    package static func of(_ name: String) -> FigureGuide {
        all.first { $0.name == name }
            ?? FigureGuide(name, "Figure \(name)", "This report knows no more about it.")
    }

    /// Where the figure stands in a report; figures of others come last.
    static func rank(_ name: String) -> Int { all.firstIndex { $0.name == name } ?? all.count }
}
