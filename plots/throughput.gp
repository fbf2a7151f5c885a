#!/usr/bin/env -S gnuplot -c
# Throughput: how many requests a second does each pattern serve, and what does one cost?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

problem = trouble("cells", "rps_median rps_ci_lo rps_ci_hi" \
    ." srv_cpu_ns_per_req_median srv_cpu_ns_per_req_ci_lo srv_cpu_ns_per_req_ci_hi")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "rps", "rps_median")
eval numbers("cells", "rps_low", "rps_ci_lo")
eval numbers("cells", "rps_high", "rps_ci_hi")
eval numbers("cells", "cpu", "srv_cpu_ns_per_req_median")
eval numbers("cells", "cpu_low", "srv_cpu_ns_per_req_ci_lo")
eval numbers("cells", "cpu_high", "srv_cpu_ns_per_req_ci_hi")

# Bars stand in groups: a group for each load of the closed loop, a bar for each series.
drawn_loads = ""
bars = 0
array series_bar[series]
do for [k = 1:series] {
    series_bar[k] = 0
    do for [i = 1:cells] {
        if (cell_series[i] == k && cell_arrival[i] eq "closed") {
            doubtful = doubtful || (!sound(i) && rps[i] > 0)
            limited = limited || bounded(i)
            drawn_loads = with(drawn_loads, cell_load[i])
            if (!series_bar[k]) {
                bars = bars + 1
                series_bar[k] = bars
                series_point[k] = 5
            }
        }
    }
}
if (bars == 0) { print figure.": no closed-loop rows in ".run."/cells.csv"; exit status 3 }
thickness = 0.84 / (bars < 5 ? 5 : bars)
x(i) = place(drawn_loads, cell_load[i]) \
    + (series_bar[cell_series[i]] - (bars + 1) / 2.0) * thickness
drawn(i) = cell_arrival[i] eq "closed"
shows(i, k, valid) = cell_series[i] == k && drawn(i) && sound(i) == valid

most = 0
any_cpu = 0
do for [i = 1:cells] {
    most = drawn(i) && rps[i] > most ? rps[i] : most
    any_cpu = any_cpu || (drawn(i) && cpu[i] > 0)
}
if (most == 0) {
    print figure.": no closed-loop cell of ".run."/cells.csv has a median"
    exit status 3
}
panels = any_cpu ? 2 : 1
thousands = most >= 2000
scale = thousands ? 1e-3 : 1

headline = "Throughput and what a request costs, closed loop"
any_task = sum [c = 1:words(drawn_loads)] (strlen(task(word(drawn_loads, c) + 0)) > 0)
gap = any_task ? 66 : 50
foot = any_task ? 72 : 58
height = (any_cpu ? 610 + gap : 380) + foot - 58
eval MEASURE
eval OPEN
set multiplot
eval HEADING
eval LEGEND
set style fill solid 1.0 border
set xrange [0.5:words(drawn_loads) + 0.5]
set yrange [0:*]
set grid noxtics ytics
set xtics scale 0 ("" 0)
group_title(l) = shown_count(connections(l)).(strlen(task(l)) ? "\n".task(l) : "")
do for [c = 1:words(drawn_loads)] { set xtics add (group_title(word(drawn_loads, c) + 0) c) }

# A cell without figures says why where its bar would be.
do for [i = 1:cells] {
    if (drawn(i) && rps[i] != rps[i]) {
        set label 400 + i cell_verdict[i] at first x(i), graph 0.02 rotate by 90 left \
            font font(10) textcolor rgb series_colour[cell_series[i]] front
    }
}

# The panels, one above the other: requests a second, then microseconds of CPU a request.
middle(i) = panel == 1 ? rps[i] * scale : cpu[i] * 1e-3
from(i) = panel == 1 ? rps_low[i] * scale : cpu_low[i] * 1e-3
to(i) = panel > 1 ? cpu_high[i] * 1e-3 : bounded(i) ? middle(i) : rps_high[i] * scale
first_top = heading_height + 26
tall = (height - foot - gap * (panels - 1) - first_top) / panels
do for [panel = 1:panels] {
    top = first_top + (panel - 1) * (tall + gap)
    eval panel(66, edge, top, top + tall)
    eval titles(panel < panels ? "" : "connections", panel == 1 \
        ? (thousands ? "thousand " : "")."requests/s (median and its interval)" \
        : "server CPU, µs a request (median and its interval)")
    if (any_task) { set xlabel offset character 0, -1 }
    plot for [k = 1:series] rps \
            using (shows($1, k, 1) ? x($1) : NaN):(middle($1)):(thickness * 0.84) \
            with boxes linecolor rgb series_colour[k], \
        for [k = 1:series] rps \
            using (shows($1, k, 0) ? x($1) : NaN):(middle($1)):(thickness * 0.84) \
            with boxes fill empty linewidth 1.5 linecolor rgb series_colour[k], \
        for [s = 1:2] rps using (drawn($1) ? x($1) : NaN):(from($1)):(0):(to($1) - from($1)) \
            with vectors arrowstyle s, \
        rps using (panel == 1 && drawn($1) && bounded($1) ? x($1) : NaN):(middle($1)):(0) \
            :(most * scale * 0.07) with vectors arrowstyle 3
    unset label
}
unset multiplot
