#!/usr/bin/env -S gnuplot -c
# Capacity: what is the highest rate at which each pattern meets an objective?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

# Tables of earlier versions know no searches.
COLUMNS = "find_rate find_arrivals search_outcome capacity_rps_median capacity_rps_ci_lo" \
    ." capacity_rps_ci_hi capacity_above_rps_median"
searches = 0
if (!strlen(first_absent(cell_header, COLUMNS))) {
    searches = sum [i = 1:cells] (cell_arrival[i] eq "search")
}
if (searches == 0) { print figure.": no searches for a rate in ".run."/cells.csv"; exit status 3 }
eval texts("cells", "rules", "find_rate")
eval texts("cells", "gaps", "find_arrivals")
eval texts("cells", "outcome", "search_outcome")
eval numbers("cells", "rps", "capacity_rps_median")
eval numbers("cells", "rps_low", "capacity_rps_ci_lo")
eval numbers("cells", "rps_high", "capacity_rps_ci_hi")
eval numbers("cells", "above", "capacity_above_rps_median")

# Bars stand in groups: a group for what is searched under which load, a bar for each series.
drawn(i) = cell_arrival[i] eq "search"
group_name(i) = rules[i]."\n".named(gaps[i]).", c".shown_count(cell_connections[i])
array cell_group[cells]
array group_cell[cells]
groups = 0
do for [i = 1:cells] { cell_group[i] = 0 }
do for [c = 1:words(counts)] {
    do for [i = 1:cells] {
        if (drawn(i) && cell_connections[i] == word(counts, c) + 0 && !cell_group[i]) {
            groups = groups + 1
            group_cell[groups] = i
            do for [k = i:cells] {
                if (drawn(k) && group_name(k) eq group_name(i)) { cell_group[k] = groups }
            }
        }
    }
}
bars = 0
array series_bar[series]
most = 0
do for [k = 1:series] {
    series_bar[k] = 0
    do for [i = 1:cells] {
        if (cell_series[i] == k && drawn(i)) {
            doubtful = doubtful || (rps[i] == rps[i] && !sound(i))
            limited = limited || (rps[i] == rps[i] && bounded(i))
            if (!series_bar[k]) {
                bars = bars + 1
                series_bar[k] = bars
                series_point[k] = 5
            }
            most = rps[i] > most ? rps[i] : most
            most = rps_high[i] > most ? rps_high[i] : most
            # Without launches enough for an interval it is that of the search itself.
            if (rps_low[i] != rps_low[i] && above[i] == above[i]) {
                rps_low[i] = rps[i]
                rps_high[i] = above[i]
            }
        }
    }
}
thickness = 0.84 / (bars < 5 ? 5 : bars)
x(i) = cell_group[i] + (series_bar[cell_series[i]] - (bars + 1) / 2.0) * thickness
shows(i, k, valid) = cell_series[i] == k && drawn(i) && sound(i) == valid
to(i) = bounded(i) ? rps[i] : rps_high[i]
scale = most >= 2000 ? 1e-3 : 1
if (most == 0) { most = 1 }

headline = "Capacity: the highest rate that meets the objective"
height = 460
eval MEASURE
eval OPEN
set multiplot
eval HEADING
eval LEGEND
set style fill solid 1.0 border
set xrange [0.5:groups + 0.5]
set yrange [0:most * scale * (limited ? 1.12 : 1.08)]
set grid noxtics ytics
set xtics scale 0 ("" 0)
do for [g = 1:groups] { set xtics add (group_name(group_cell[g]) g) }
# A search without a result says so where its bar would be.
do for [i = 1:cells] {
    if (drawn(i) && rps[i] != rps[i]) {
        ending = strlen(outcome[i]) ? outcome[i] : cell_verdict[i]
        set label 400 + i ending at first x(i), graph 0.02 rotate by 90 left font font(10) \
            textcolor rgb series_colour[cell_series[i]] front
    }
}
eval panel(66, edge, heading_height + 26, height - 62)
eval titles("", (scale < 1 ? "thousand " : "")."requests/s (median and its interval)")
plot for [k = 1:series] rps \
        using (shows($1, k, 1) ? x($1) : NaN):(rps[$1] * scale):(thickness * 0.84) \
        with boxes linecolor rgb series_colour[k], \
    for [k = 1:series] rps \
        using (shows($1, k, 0) ? x($1) : NaN):(rps[$1] * scale):(thickness * 0.84) \
        with boxes fill empty linewidth 1.5 linecolor rgb series_colour[k], \
    for [s = 1:2] rps using (drawn($1) ? x($1) : NaN):(rps_low[$1] * scale):(0) \
        :((to($1) - rps_low[$1]) * scale) with vectors arrowstyle s, \
    rps using (drawn($1) && bounded($1) ? x($1) : NaN):(rps[$1] * scale):(0):(most * scale * 0.07) \
        with vectors arrowstyle 3
unset multiplot
