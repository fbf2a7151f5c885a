#!/usr/bin/env -S gnuplot -c
# Push: how long does an event take to its subscribers, and what does it cost, by the way it comes?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

FIGURES = "p50_ns p99_ns srv_cpu_ns_per_req"
problem = trouble("cells", "cell_id p50_ns_median p50_ns_ci_lo p50_ns_ci_hi p99_ns_median" \
    ." p99_ns_ci_lo p99_ns_ci_hi srv_cpu_ns_per_req_median srv_cpu_ns_per_req_ci_lo" \
    ." srv_cpu_ns_per_req_ci_hi")
if (troubled(problem)) { print problem; exit status 1 }
eval texts("cells", "language", "protocol")
eval texts("cells", "id", "cell_id")
array low[3 * cells]
array mid[3 * cells]
array high[3 * cells]
do for [f = 1:3] {
    eval numbers("cells", "one_low", word(FIGURES, f)."_ci_lo")
    eval numbers("cells", "one_mid", word(FIGURES, f)."_median")
    eval numbers("cells", "one_high", word(FIGURES, f)."_ci_hi")
    do for [i = 1:cells] {
        low[(f - 1) * cells + i] = one_low[i]
        mid[(f - 1) * cells + i] = one_mid[i]
        high[(f - 1) * cells + i] = one_high[i]
    }
}

# A way is how an event comes to a subscriber, which the cell's path tells, and how many there are.
subscribes(i) = cell_arrival[i] eq "subscribe"
has(i, text) = strstrt(id[i], text) > 0
behind(text, mark) = substr(text, strstrt(text, mark) + strlen(mark), strlen(text))
up_to(text, mark) = strstrt(text, mark) ? substr(text, 1, strstrt(text, mark) - 1) : text
every(i) = has(i, "every_ms=") ? up_to(behind(id[i], "every_ms="), "&") : ""
interval(i) = has(i, "topic=tick-") ? up_to(up_to(behind(id[i], "topic=tick-"), "-"), "&") \
    : has(i, "topic-tick-") ? up_to(behind(id[i], "topic-tick-"), "-") : ""
way(i) = language[i] eq "ws" ? "WebSocket" : has(i, "/tlong-poll") ? "long poll" \
    : has(i, "/tpoll") ? (strlen(every(i)) ? "poll/".every(i)." ms" : "poll") : "event stream"
ORDER = "1 2 3 4"
place(i) = language[i] eq "ws" ? 2 : has(i, "/tlong-poll") ? 3 : has(i, "/tpoll") ? 4 : 1
group_name(i) = way(i)."\nc".shown_count(cell_connections[i]) \
    .(strlen(interval(i)) ? "\n1/".interval(i) : "")
array cell_group[cells]
array cell_base_number[cells]
array group_cell[cells]
groups = 0
do for [i = 1:cells] { cell_group[i] = 0; cell_base_number[i] = 0 }
do for [c = 1:words(counts)] {
    do for [p in ORDER] {
        do for [i = 1:cells] {
            if (subscribes(i) && cell_connections[i] == word(counts, c) + 0 && place(i) == p + 0 \
                && !cell_group[i]) {
                groups = groups + 1
                group_cell[groups] = i
                do for [k = i:cells] {
                    if (subscribes(k) && group_name(k) eq group_name(i)) { cell_group[k] = groups }
                }
            }
        }
    }
}
if (groups == 0) {
    print figure.": no cells with subscribers in ".run."/cells.csv"
    exit status 3
}

# The legend is of patterns, however events come.
series = bases
do for [b = 1:bases] {
    series_name[b] = cell_base[base_cell[b]]
    series_colour[b] = base_colour[b]
    do for [i = 1:cells] { if (cell_first[i] == base_cell[b]) { cell_base_number[i] = b } }
}
drawn(i) = cell_group[i] > 0
median(i, f) = mid[(f - 1) * cells + i]
array series_bar[series]
bars = 0
do for [b = 1:bases] {
    series_bar[b] = 0
    do for [i = 1:cells] {
        if (cell_base_number[i] == b && drawn(i)) {
            doubtful = doubtful || !sound(i)
            limited = limited || bounded(i)
            if (!series_bar[b]) {
                bars = bars + 1
                series_bar[b] = bars
                series_point[b] = 5
            }
        }
    }
}
array panel_figure[3]
panels = 0
do for [f = 1:3] {
    if (sum [i = 1:cells] (drawn(i) && median(i, f) > 0)) {
        panels = panels + 1
        panel_figure[panels] = f
    }
}
if (panels == 0) { print figure.": no cell of ".run."/cells.csv has a median"; exit status 3 }

LIMITED = "arrow: at most so long"
headline = "Events on their way to subscribers"
height = 120 + 250 * panels
eval MEASURE
eval OPEN
set multiplot
eval HEADING
eval LEGEND
set style fill solid 1.0 border
set xrange [0.5:groups + 0.5]
set grid noxtics ytics
set xtics scale 0 ("" 0)
do for [g = 1:groups] { set xtics add (group_name(group_cell[g]) g) }

thickness = 0.84 / (bars < 5 ? 5 : bars)
x(i) = cell_group[i] + (series_bar[cell_base_number[i]] - (bars + 1) / 2.0) * thickness
shows(i, b, valid) = cell_base_number[i] == b && drawn(i) \
    && sound(i) == valid
# Delays of polls and of streams are far apart: points on an axis of powers. Costs are bars.
scale(f) = f == 3 ? 1e-3 : 1e-6
GAP = 88
first_top = heading_height + 26
tall = (height - 76 - GAP * (panels - 1) - first_top) / panels
do for [p = 1:panels] {
    f = panel_figure[p]
    top = first_top + (p - 1) * (tall + GAP)
    eval panel(66, edge, top, top + tall)
    eval titles("", f == 3 ? "server CPU, µs an event that came" \
        : (f == 1 ? "median" : "p99")." delivery delay, ms")
    if (f == 3) {
        unset logscale y
        set yrange [0:*]
        plot for [b = 1:bases] cell_group \
                using (shows($1, b, 1) ? x($1) : NaN):(median($1, f) * scale(f)) \
                :(thickness * 0.84) with boxes linecolor rgb series_colour[b], \
            for [b = 1:bases] cell_group \
                using (shows($1, b, 0) ? x($1) : NaN):(median($1, f) * scale(f)) \
                :(thickness * 0.84) with boxes fill empty linewidth 1.5 \
                linecolor rgb series_colour[b], \
            for [s = 1:2] cell_group using (drawn($1) ? x($1) : NaN) \
                :(low[(f - 1) * cells + $1] * scale(f)):(0) \
                :((high[(f - 1) * cells + $1] - low[(f - 1) * cells + $1]) * scale(f)) \
                with vectors arrowstyle s
    } else {
        # Powers of ten around what is drawn, so that equal figures have an axis too.
        least = 1e18
        top_delay = 0
        do for [i = 1:cells] {
            if (drawn(i) && median(i, f) > 0) {
                least = median(i, f) < least ? median(i, f) : least
                top_delay = median(i, f) > top_delay ? median(i, f) : top_delay
            }
        }
        from(i) = bounded(i) ? median(i, f) : low[(f - 1) * cells + i]
        set logscale y
        set yrange [10 ** floor(log10(least * scale(f) * 0.9)): \
            10 ** ceil(log10(top_delay * scale(f) * 1.1))]
        plot for [s = 1:2] cell_group using (drawn($1) ? x($1) : NaN):(from($1) * scale(f)):(0) \
                :((high[(f - 1) * cells + $1] - from($1)) * scale(f)) with vectors arrowstyle s, \
            cell_group using (drawn($1) && bounded($1) ? x($1) : NaN):(median($1, f) * scale(f)) \
                :(0):(-0.3 * median($1, f) * scale(f)) with vectors arrowstyle 3, \
            for [b = 1:bases] cell_group \
                using (shows($1, b, 1) ? x($1) : NaN):(median($1, f) * scale(f)) \
                with points pointtype 7 pointsize 1 linecolor rgb series_colour[b], \
            for [b = 1:bases] cell_group \
                using (shows($1, b, 0) ? x($1) : NaN):(median($1, f) * scale(f)) \
                with points pointtype 6 pointsize 1 linecolor rgb series_colour[b]
    }
    unset label
}
unset multiplot
