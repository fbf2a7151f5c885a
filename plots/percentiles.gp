#!/usr/bin/env -S gnuplot -c
# Latency by percentile: how long do the slowest requests of each pattern take?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3
if (askers == 0) { print figure.": no cells that ask in ".run."/cells.csv"; exit status 3 }

# Only cells with a histogram can be drawn.
eval texts("cells", "cell_hist", "hist_name")
files = "\n".shell("grep -l '^ *[0-9.]*[1-9]' hist/*.hgrm | sed 's,.*/,,'")."\n"
drawable(i) = strstrt(files, "\n".cell_hist[i].".hgrm\n") > 0
array load_size[loads]
do for [l = 1:loads] { load_size[l] = sum [i = 1:cells] (cell_load[i] == l && drawable(i)) }

# The highest rate at which most cells count, of those that at least half as many patterns ran as
# any; then a mix, whose tail is what patterns differ in, then the most patterns, then the most
# connections. Where most cells of every load are in doubt, what is least so. The closed loop beside
# it: the same requests, at the same number of connections if there is one.
array load_sound[loads]
most_cells = 0
do for [l = 1:loads] {
    load_sound[l] = sum [i = 1:cells] (cell_load[i] == l && drawable(i) && sound(i))
    if (!closed(l) && load_size[l] > most_cells) { most_cells = load_size[l] }
}
fits(l, wanted) = wanted > 0 && connections(l) == wanted
mixed(l) = strstrt(task(l), "mix ") > 0
counts_for(l) = closed(l) || 2 * load_size[l] >= most_cells
trusty(l) = 2 * load_sound[l] > load_size[l]
better(l, best, wanted) = best == 0 ? 1 \
    : fits(l, wanted) != fits(best, wanted) ? fits(l, wanted) \
    : counts_for(l) != counts_for(best) ? counts_for(l) \
    : trusty(l) != trusty(best) ? trusty(l) \
    : trusty(l) && rate(l) != rate(best) ? rate(l) > rate(best) \
    : load_sound[l] != load_sound[best] ? load_sound[l] > load_sound[best] \
    : mixed(l) != mixed(best) ? mixed(l) \
    : load_size[l] != load_size[best] ? load_size[l] > load_size[best] \
    : rate(l) != rate(best) ? rate(l) < rate(best) \
    : connections(l) >= connections(best)
open_load = 0
closed_load = 0
wanted = 0
do for [l = 1:loads] {
    if (load_size[l] && !closed(l) && better(l, open_load, 0)) { open_load = l }
}
if (open_load) { wanted = connections(open_load) }
do for [l = 1:loads] {
    if (load_size[l] && closed(l) && (open_load ? task(l) eq task(open_load) : 1)) {
        if (better(l, closed_load, wanted)) { closed_load = l }
    }
}
if (!open_load && !closed_load) {
    print figure.": ".run."/hist holds no .hgrm file of a cell with a value"
    exit status 3
}

# One curve a cell; `samples` decide how far its tail can be trusted.
array curve_file[cells]
array curve_samples[cells]
array curve_series[cells]
array curve_dash[cells]            # 1 solid, 2 dashed
TRUSTED = 10.0                     # so many slower requests make a percentile
curves = 0
low = NaN
high = NaN
most_samples = 2 * TRUSTED
set datafile separator whitespace
do for [i = 1:cells] {
    if (drawable(i) && cell_load[i] && (cell_load[i] == open_load || cell_load[i] == closed_load)) {
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
                .(cell_load[i] == closed_load ? " (dashed: " : " (") \
                .(bounded(i) ? "≤" : cell_verdict[i]).")"
        }
    }
}
headline = "Latency by percentile" \
    .(open_load ? "   ── ".load_title(open_load) : "") \
    .(closed_load ? "   ╌╌ ".load_title(closed_load) : "")
height = 560
eval MEASURE
eval OPEN
eval HEADING
eval LEGEND
eval panel(66, edge, heading_height + 26, height - 58)
set logscale x
# As far as any curve can be trusted.
set xrange [1:most_samples / TRUSTED]
set xtics ("" 1, "50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1e3, "99.99 %%" 1e4, \
    "99.999 %%" 1e5, "99.9999 %%" 1e6, "99.99999 %%" 1e7)
eval seconds("y", low, high)
eval titles("share of requests at least as fast (thin: fewer than 10 slower ones seen)", \
    open_load && closed_load ? "response time (dashed: round trip)" \
    : open_load ? "response time" : "round trip")
odds(p) = p < 1 ? 1 / (1 - p) : NaN
trusted(c) = curve_samples[c] / TRUSTED
plot for [c = 1:curves] curve_file[c] \
        using (odds($2) <= trusted(c) ? odds($2) : NaN):($1 * 1e-3) with lines \
        linewidth 2 linecolor rgb series_colour[curve_series[c]] dashtype curve_dash[c], \
    for [c = 1:curves] curve_file[c] \
        using (odds($2) >= trusted(c) * 0.8 ? odds($2) : NaN):($1 * 1e-3) with lines \
        linewidth 0.7 linecolor rgb series_colour[curve_series[c]] dashtype curve_dash[c]
