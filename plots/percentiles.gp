#!/usr/bin/env -S gnuplot -c
# Latency by percentile: how long do the slowest requests of each pattern take?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

# A load is what the generator did: arrivals, rate, connections. Only cells with a histogram count.
eval texts("cells", "cell_hist", "hist_name")
files = "\n".shell("ls hist")."\n"
array load_cell[cells]          # the first cell under a load
array load_size[cells]          # and how many cells ran it
array cell_load[cells]
loads = 0
load_book = "\n"
do for [i = 1:cells] {
    cell_load[i] = 0
    if (strstrt(files, "\n".cell_hist[i].".hgrm\n")) {
        key = sprintf("%s %g %g", cell_arrival[i], cell_rate[i], cell_connections[i])
        if (!at(load_book, key)) {
            loads = loads + 1
            load_book = load_book.line_of(key, loads)
            load_cell[loads] = i
            load_size[loads] = 0
        }
        cell_load[i] = entry(load_book, key)
        load_size[cell_load[i]] = load_size[cell_load[i]] + 1
    }
}
if (loads == 0) { print figure.": ".run."/hist holds no .hgrm file of a cell"; exit status 1 }

# The load that most patterns ran, then the one with the highest rate, then the most connections.
# The closed loop beside it: at the same number of connections if there is one.
closed(l) = cell_arrival[load_cell[l]] eq "closed"
rate(l) = cell_rate[load_cell[l]]
connections(l) = cell_connections[load_cell[l]]
fits(l, wanted) = wanted > 0 && connections(l) == wanted
better(l, best, wanted) = best == 0 ? 1 \
    : fits(l, wanted) != fits(best, wanted) ? fits(l, wanted) \
    : load_size[l] != load_size[best] ? load_size[l] > load_size[best] \
    : rate(l) != rate(best) && !closed(l) ? rate(l) > rate(best) \
    : connections(l) != connections(best) ? connections(l) > connections(best) \
    : cell_arrival[load_cell[l]] eq "poisson"
open_load = 0
closed_load = 0
do for [l = 1:loads] { if (!closed(l) && better(l, open_load, 0)) { open_load = l } }
wanted = open_load ? connections(open_load) : 0
do for [l = 1:loads] { if (closed(l) && better(l, closed_load, wanted)) { closed_load = l } }

# One curve a cell; `samples` decide how far its tail can be trusted.
array curve_file[cells]
array curve_samples[cells]
array curve_series[cells]
array curve_dash[cells]            # 1 solid, 2 dashed
curves = 0
low = NaN
high = NaN
most_samples = 10
set datafile separator whitespace
do for [i = 1:cells] {
    if (cell_load[i] && (cell_load[i] == open_load || cell_load[i] == closed_load)) {
        file = run."/hist/".cell_hist[i].".hgrm"
        stats file using ($1 > 0 ? $1 * 1e-3 : NaN):3 nooutput
        curves = curves + 1
        curve_file[curves] = file
        curve_samples[curves] = STATS_max_y
        curve_series[curves] = cell_series[i]
        curve_dash[curves] = cell_load[i] == closed_load ? 2 : 1
        low = least(low, STATS_min_x)
        high = -least(-high, -STATS_max_x)
        most_samples = most_samples > STATS_max_y ? most_samples : STATS_max_y
        series_point[cell_series[i]] = 5
        if (cell_verdict[i] ne "valid") {
            series_note[cell_series[i]] = series_note[cell_series[i]] \
                .(cell_load[i] == closed_load ? " (dashed: " : " (").cell_verdict[i].")"
        }
    }
}
described(l) = (closed(l) ? "closed loop, c" : sprintf("open loop, %s %s, c", \
    cell_arrival[load_cell[l]], shown_rate(rate(l)))).sprintf("%g", connections(l))
headline = "Latency by percentile" \
    .(open_load ? "   ── ".described(open_load) : "") \
    .(closed_load ? "   ╌╌ ".described(closed_load) : "")
height = 560
eval MEASURE
eval OPEN
eval HEADING
eval LEGEND
eval panel(66, edge, heading_height + 26, height - 58)
set logscale x
set xrange [1:most_samples]
set xtics ("0 %%" 1, "50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1e3, "99.99 %%" 1e4, \
    "99.999 %%" 1e5, "99.9999 %%" 1e6, "99.99999 %%" 1e7)
eval seconds("y", low, high)
eval titles("share of requests at least as fast (thin line: fewer than 10 slower ones seen)", \
    open_load && closed_load ? "response time (dashed: round trip)" \
    : open_load ? "response time" : "round trip")
odds(p) = p < 1 ? 1 / (1 - p) : NaN
trusted(c) = curve_samples[c] / 10
plot for [c = 1:curves] curve_file[c] \
        using (odds($2) <= trusted(c) ? odds($2) : NaN):($1 * 1e-3) with lines \
        linewidth 2 linecolor rgb series_colour[curve_series[c]] dashtype curve_dash[c], \
    for [c = 1:curves] curve_file[c] \
        using (odds($2) >= trusted(c) * 0.8 ? odds($2) : NaN):($1 * 1e-3) with lines \
        linewidth 0.7 linecolor rgb series_colour[curve_series[c]] dashtype curve_dash[c]
