#!/usr/bin/env -S gnuplot -c
# Cost: what does a request cost the server at a given rate, in CPU time, system calls and sleeps?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3
if (askers == 0) { print figure.": no cells that ask in ".run."/cells.csv"; exit status 3 }

problem = trouble("cells", "srv_cpu_ns_per_req_median srv_cpu_ns_per_req_ci_lo" \
    ." srv_cpu_ns_per_req_ci_hi srv_syscalls_per_req_median srv_ctxsw_vol_per_req_median")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "cpu", "srv_cpu_ns_per_req_median")
eval numbers("cells", "cpu_low", "srv_cpu_ns_per_req_ci_lo")
eval numbers("cells", "cpu_high", "srv_cpu_ns_per_req_ci_hi")
eval numbers("cells", "calls", "srv_syscalls_per_req_median")
eval numbers("cells", "sleeps", "srv_ctxsw_vol_per_req_median")

# Bars stand in groups: a group for each load of the open loop, a bar for each series. A load with
# one bar compares nothing, and is drawn only where there is no other.
drawn_open(i) = cell_arrival[i] ne "closed" && cell_load[i] > 0 && cpu[i] > 0
array load_size[loads]
do for [l = 1:loads] { load_size[l] = sum [i = 1:cells] (cell_load[i] == l && drawn_open(i)) }
compared = sum [l = 1:loads] (load_size[l] > 1)
drawn(i) = drawn_open(i) ? compared == 0 || load_size[cell_load[i]] > 1 : 0
drawn_loads = ""
bars = 0
array series_bar[series]
do for [k = 1:series] {
    series_bar[k] = 0
    do for [i = 1:cells] {
        if (cell_series[i] == k && drawn(i)) {
            doubtful = doubtful || !sound(i)
            drawn_loads = with(drawn_loads, cell_load[i])
            if (!series_bar[k]) {
                bars = bars + 1
                series_bar[k] = bars
                series_point[k] = 5
            }
        }
    }
}
if (bars == 0) {
    print figure.": no open-loop cell with server CPU time in ".run."/cells.csv"
    exit status 3
}
thickness = 0.84 / (bars < 5 ? 5 : bars)
x(i) = place(drawn_loads, cell_load[i]) \
    + (series_bar[cell_series[i]] - (bars + 1) / 2.0) * thickness
shows(i, k, valid) = cell_series[i] == k && drawn(i) && sound(i) == valid

# The panels, one above the other. An interval is drawn of CPU time alone.
y(i, panel) = panel == 1 ? cpu[i] * 1e-3 : panel == 2 ? calls[i] : sleeps[i]
panels = ""
do for [panel = 1:3] {
    if (sum [i = 1:cells] (drawn(i) ? y(i, panel) > 0 : 0)) { panels = with(panels, panel) }
}

# A title of a load in lines, as many as any has: the request, then how often on how many.
in_lines(text) = strstrt(text, ", ") == 0 ? text \
    : text[1:strstrt(text, ", ") - 1]."\n".in_lines(text[strstrt(text, ", ") + 2:*])
group_title(l) = "c".shown_count(connections(l))."\n".shown_rate(rate(l)) \
    .(strlen(task(l)) ? "\n".in_lines(task(l)) : "")

headline = "What a request costs the server, open loop"
tall = 170
gap = 38
first_top = heading_height + 26
height = first_top + words(panels) * (tall + gap) + 62
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
do for [p = 1:words(panels)] {
    panel = word(panels, p) + 0
    top = first_top + (p - 1) * (tall + gap)
    eval panel(66, edge, top, top + tall)
    eval titles("", \
        panel == 1 ? "server CPU, µs a request (median and its interval)" \
        : panel == 2 ? "system calls a request" : "times that a thread went to sleep, a request")
    if (p == words(panels)) {
        do for [c = 1:words(drawn_loads)] {
            set xtics add (group_title(word(drawn_loads, c) + 0) c)
        }
    }
    plot for [k = 1:series] cpu \
            using (shows($1, k, 1) ? x($1) : NaN):(y($1, panel)):(thickness * 0.84) \
            with boxes linecolor rgb series_colour[k], \
        for [k = 1:series] cpu \
            using (shows($1, k, 0) ? x($1) : NaN):(y($1, panel)):(thickness * 0.84) \
            with boxes fill empty linewidth 1.5 linecolor rgb series_colour[k], \
        for [s = 1:2] cpu using (drawn($1) && panel == 1 ? x($1) : NaN):(cpu_low[$1] * 1e-3):(0) \
                :((cpu_high[$1] - cpu_low[$1]) * 1e-3) with vectors arrowstyle s
    unset label
}
unset multiplot
