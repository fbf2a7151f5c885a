#!/usr/bin/env -S gnuplot -c
# Heatmap: which pattern wins under which load, and how far behind are the others?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

problem = trouble("cells", "rps_median p99_ns_median")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "rps", "rps_median")
eval numbers("cells", "p99", "p99_ns_median")

# Groups of columns: the closed loop over connections, then a group over rates for each kind of
# arrivals and number of connections.
counts = ""
rates = ""
arrivals = "closed"
do for [i = 1:cells] {
    counts = with(counts, cell_connections[i])
    if (cell_arrival[i] ne "closed") { rates = with(rates, cell_rate[i]) }
    if (!strstrt(" ".arrivals." ", " ".cell_arrival[i]." ")) {
        arrivals = arrivals." ".cell_arrival[i]
    }
}
array cell_column[cells]
do for [i = 1:cells] { cell_column[i] = 0 }
array column_title[cells]
array group_title[cells]
array group_start[cells]
array column_x[cells]
GAP = 0.25              # between groups, in columns
columns = 0
groups = 0
do for [arrival in arrivals] {
    closed = arrival eq "closed"
    do for [outer = 1:closed ? 1 : words(counts)] {
        grouped = 0
        do for [inner = 1:words(closed ? counts : rates)] {
            connections = word(counts, closed ? inner : outer) + 0
            rate = closed ? 0 : word(rates, inner) + 0
            used = 0
            do for [i = 1:cells] {
                if (cell_arrival[i] eq arrival && cell_connections[i] == connections \
                    && (closed || cell_rate[i] == rate)) {
                    cell_column[i] = columns + 1
                    used = 1
                }
            }
            if (used && !grouped) {
                grouped = 1
                groups = groups + 1
                group_start[groups] = columns + 1
                group_title[groups] = closed ? "closed loop\nconnections" \
                    : arrival.", c".shown_count(connections)."\noffered rate"
            }
            if (used) {
                columns = columns + 1
                column_x[columns] = columns + GAP * (groups - 1)
                column_title[columns] = closed ? shown_count(connections) : shown_rate(rate)
            }
        }
    }
}

# What a cell is judged by, more being better: requests/s in the closed loop; in the open loop, where
# the rate is given, the inverse of the 99th percentile of the response time.
merit(i) = cell_arrival[i] eq "closed" ? rps[i] : 1 / p99[i]
# The best of a column among its valid cells, or among all where none is.
array best[columns]
array any_sound[columns]
do for [c = 1:columns] { best[c] = 0; any_sound[c] = 0 }
sound(i) = cell_verdict[i] eq "valid"
do for [i = 1:cells] { if (sound(i)) { any_sound[cell_column[i]] = 1 } }
do for [i = 1:cells] {
    c = cell_column[i]
    if ((sound(i) || !any_sound[c]) && merit(i) > best[c]) { best[c] = merit(i) }
}
percent(i) = 100 * merit(i) / best[cell_column[i]]
missing(i) = percent(i) != percent(i)

# From white at half the best (or less) to dark blue at the best; grey for what decides nothing.
depth(i) = missing(i) || !sound(i) || percent(i) <= 50 ? 0 : (percent(i) - 50) / 50
shade(i) = missing(i) || !sound(i) ? 0xececec : tint(0x08519c, 1 - depth(i))
text(i) = (sound(i) ? "" : "× ").(missing(i) ? "–" : sprintf("%.0f", percent(i)))

longest_name = 0
do for [k = 1:series] {
    length = strlen(series_name[k])
    longest_name = length > longest_name ? length : longest_name
}
left = 30 + 7.2 * longest_name
across_all = columns + GAP * (groups - 1)
room = (width - left - 14) / across_all
box = room < 84 ? room : 84
first_top = heading_height + 62
height = first_top + 26 * series + 32
headline = "Share of the best in the column, %: requests/s (closed loop), 1 / p99 response time (open loop)"
eval OPEN
eval HEADING
eval panel(left, left + box * across_all, first_top, first_top + 26 * series)
set xrange [0.5:across_all + 0.5]
set yrange [series + 0.5:0.5]
unset border
unset grid
unset xtics
set ytics scale 0 ("" 0)
do for [k = 1:series] { set ytics add (series_name[k] k) }
do for [c = 1:columns] {
    set label column_title[c] at first column_x[c], graph 1 offset character 0, 0.7 center \
        font font(11)
}
do for [g = 1:groups] {
    last_column = g < groups ? group_start[g + 1] - 1 : columns
    set label group_title[g] at first (column_x[group_start[g]] + column_x[last_column]) / 2, graph 1 \
        offset character 0, 3.2 center font font(11)
}
set label "× verdict not valid: not counted for the best" at graph 0, graph 0 \
    offset character 0, -1.1 left font font(10) textcolor rgb "#606060"
x(i) = column_x[cell_column[i]]
plot rps using (x($1)):(cell_series[$1]):(x($1) - 0.48):(x($1) + 0.48) \
        :(cell_series[$1] - 0.47):(cell_series[$1] + 0.47):(shade($1)) \
        with boxxyerror linecolor rgb variable, \
    rps using (x($1)):(cell_series[$1]):(text($1)):(depth($1) > 0.55 ? 0xffffff : 0) \
        with labels textcolor rgb variable
