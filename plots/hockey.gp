#!/usr/bin/env -S gnuplot -c
# Hockey stick: at which offered rate does the response time of each pattern take off?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

problem = trouble("cells", "p50_ns_median p99_ns_median p999_ns_median rate_ratio_median")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "p50", "p50_ns_median")
eval numbers("cells", "p99", "p99_ns_median")
eval numbers("cells", "p999", "p999_ns_median")
eval numbers("cells", "ratio", "rate_ratio_median")

# One task and number of connections: those that most open-loop cells have, then the largest.
offered(i) = cell_arrival[i] ne "closed" && cell_rate[i] > 0
alike(i, t, n) = offered(i) && cell_task_number[i] == t && cell_connections[i] == n
best = 0
do for [t = 1:tasks] {
    do for [c = 1:words(counts)] {
        size = sum [i = 1:cells] (alike(i, t, word(counts, c) + 0))
        if (size && size >= best) {
            best = size
            chosen = word(counts, c) + 0
            chosen_task = t
        }
    }
}
if (best == 0) { print figure.": no open-loop rows in ".run."/cells.csv"; exit status 3 }
open(i) = alike(i, chosen_task, chosen)
left_out = sum [i = 1:cells] (offered(i) && !open(i))

drawn_arrivals = ""
drawn_rates = ""
do for [i = 1:cells] {
    if (open(i)) {
        if (p50[i] > 0 || ratio[i] > 0) {
            series_point[cell_series[i]] = filled(cell_series[i])
        }
        doubtful = doubtful || !sound(i)
        limited = limited || bounded(i)
        drawn_rates = with(drawn_rates, cell_rate[i])
    }
}
do for [name in arrivals] {
    if (sum [i = 1:cells] (open(i) && cell_arrival[i] eq name)) {
        drawn_arrivals = drawn_arrivals.(strlen(drawn_arrivals) ? " " : "").name
    }
}
if (words(drawn_rates) == 1) {
    print figure.": no open loop at two rates in ".run."/cells.csv"
    exit status 3
}
columns = words(drawn_arrivals)
rate_top = word(drawn_rates, words(drawn_rates)) + 0
thousands = rate_top >= 2000
scale = thousands ? 1e-3 : 1

# The rows of panels: three percentiles in seconds, then the share of the offered rate achieved.
# A time of nothing has no place on a logarithmic axis.
positive(x) = x > 0 ? x : NaN
y(i, row) = row == 1 ? positive(p50[i]) * 1e-9 : row == 2 ? positive(p99[i]) * 1e-9 \
    : row == 3 ? positive(p999[i]) * 1e-9 : ratio[i] * 100
row_title(row) = word("p50 p99 p99.9", row)." response time"
x(i, k, arrivals) = open(i) && cell_series[i] == k && cell_arrival[i] eq arrivals \
    ? cell_rate[i] * scale : NaN
array row_low[4]
array row_high[4]
panels = ""
do for [row = 1:4] {
    row_low[row] = NaN
    row_high[row] = NaN
    do for [i = 1:cells] {
        if (open(i)) {
            row_low[row] = least(row_low[row], y(i, row))
            row_high[row] = -least(-row_high[row], -y(i, row))
        }
    }
    # One point makes no panel.
    if ((sum [i = 1:cells] (open(i) ? y(i, row) == y(i, row) : 0)) > 1) {
        panels = with(panels, row)
    }
}

if (words(panels) == 0) {
    print figure.": no open-loop cell of ".run."/cells.csv has a median"
    exit status 3
}

LIMITED = "arrow: at most so long"
headline = sprintf("Response time against offered rate, open loop, %s%s%s", \
    strlen(task_name[chosen_task]) ? task_name[chosen_task].", " : "", \
    plural(chosen, "connection"), left_out == 0 ? "" \
    : sprintf(" (%s of other loads not drawn)", plural(left_out, "cell")))
tall = 150
gap = 34
first_top = heading_height + 46
eval MEASURE
wide = (edge + 10.0) / columns
# Each rate that was measured has its label, upright where two would touch.
first_rate = word(drawn_rates, 1) + 0
powers = rate_top >= 20 * first_rate
from_rate = powers ? first_rate / 1.3 : 0
to_rate = rate_top * (powers ? 1.3 : 1.08)
along(rate) = (powers ? log(rate / from_rate) / log(to_rate / from_rate) : rate / to_rate) \
    * (wide - 76)
upright = 0
longest_rate = 0
do for [r = 1:words(drawn_rates)] {
    label_now = sprintf("%g", word(drawn_rates, r) * scale)
    longest_rate = strlen(label_now) > longest_rate ? strlen(label_now) : longest_rate
    if (r > 1) {
        apart = along(word(drawn_rates, r) + 0) - along(word(drawn_rates, r - 1) + 0)
        upright = upright || apart < 8 + 3.5 * (strlen(label_now) + strlen(label_before))
    }
    label_before = label_now
}
foot = 30 + (upright ? 7 * longest_rate : 0)
height = first_top + words(panels) * (tall + gap) + foot
if (height < legend_height) { height = legend_height }
eval OPEN
set multiplot
eval HEADING
eval LEGEND
if (powers) { set logscale x }
set xrange [from_rate * scale:to_rate * scale]
do for [r = 1:words(panels)] {
    row = word(panels, r) + 0
    do for [c = 1:columns] {
        now = word(drawn_arrivals, c)
        top = first_top + (r - 1) * (tall + gap)
        eval panel(66 + (c - 1) * wide, c * wide - 10, top, top + tall)
        eval titles(r < words(panels) ? "" \
            : "offered rate, ".(thousands ? "thousand " : "")."requests/s", \
            row == 4 ? "achieved rate, % of the offered" : row_title(row))
        if (r == 1) {
            set label 4 named(now)." arrivals" at graph 0.5, graph 1 center \
                offset character 0, 2.1 font font(12)
        }
        set xtics norotate ("" rate_top * scale)
        if (upright && r == words(panels)) { set xtics rotate by 90 right }
        do for [d = 1:words(drawn_rates)] {
            rate_now = word(drawn_rates, d) * scale
            set xtics add ((r < words(panels) ? "" : sprintf("%g", rate_now)) rate_now)
        }
        unset logscale y
        set ytics autofreq
        if (row < 4) {
            eval seconds("y", row_low[row], row_high[row])
        } else {
            set yrange [10 * floor(least(row_low[row], 95) / 10): \
                row_high[row] > 100 ? row_high[row] * 1.02 : 102]
        }
        plot for [k = 1:series] cell_rate using (x($1, k, now)):(y($1, row)) smooth unique \
                linewidth 1.5 linecolor rgb series_colour[k], \
            for [s = 1:(row < 4 ? series : 0)] cell_rate \
                using (bounded($1) ? x($1, s, now) : NaN):(y($1, row)):(0):(y($1, row) * -0.3) \
                with vectors arrowstyle 3, \
            for [k = 1:series] for [hollow = 0:1] cell_rate \
                using (sound($1) != hollow ? x($1, k, now) : NaN):(y($1, row)) with points \
                pointtype (filled(k) - hollow) pointsize 0.8 linewidth 1.5 \
                linecolor rgb series_colour[k]
        unset label
    }
}
unset multiplot
