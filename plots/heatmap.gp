#!/usr/bin/env -S gnuplot -c
# Heatmap: which pattern wins under which load, and how far behind are the others?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3
if (askers == 0) { print figure.": no cells that ask in ".run."/cells.csv"; exit status 3 }

problem = trouble("cells", "rps_median p99_ns_median")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "rps", "rps_median")
eval numbers("cells", "p99", "p99_ns_median")

# A column for each load, in groups of one task and kind of arrivals: over connections in the closed
# loop, and in the open one where its rate is one; else over rates at one number of connections.
GAP = 0.25              # between groups, in columns
array column_x[loads]
array group_title[loads]
array group_first[loads]
groups = 0
kin(l, m) = task(l) eq task(m) && arrival(l) eq arrival(m)
one_rate(l) = !closed(l) && !(sum [m = 1:loads] (kin(l, m) && rate(l) != rate(m)))
over_counts(l) = closed(l) || one_rate(l)
new_group(l) = l == 1 ? 1 : !kin(l, l - 1) ? 1 \
    : !over_counts(l) && connections(l) != connections(l - 1)
do for [l = 1:loads] {
    if (new_group(l)) {
        groups = groups + 1
        group_first[groups] = l
        group_title[groups] = (strlen(task(l)) ? task(l)."\n" : "") \
            .(closed(l) ? "closed loop\nconnections" \
            : one_rate(l) ? named(arrival(l)).", ".shown_rate(rate(l))."\nconnections" \
            : named(arrival(l)).", c".shown_count(connections(l))."\noffered rate")
    }
    column_x[l] = l + GAP * (groups - 1)
}
column_title(l) = over_counts(l) ? shown_count(connections(l)) : shown_rate(rate(l))
any_task = sum [l = 1:loads] (strlen(task(l)) > 0)

# What a cell is judged by, more being better: requests/s in the closed loop; in the open loop,
# whose rate is given, the inverse of the 99th percentile of the response time.
merit(i) = cell_arrival[i] eq "closed" ? rps[i] : p99[i] > 0 ? 1 / p99[i] : NaN
# Where the generator was the limit the server is at least as good as measured, so that its cell
# still counts. The best of a column is among the cells that count, or among all where none does.
array best[loads]
array any_sound[loads]
do for [c = 1:loads] { best[c] = 0; any_sound[c] = 0 }
# Who subscribes or searches has no column.
do for [i = 1:cells] { if (asks(i) && sound(i)) { any_sound[cell_load[i]] = 1 } }
do for [i = 1:cells] {
    c = cell_load[i]
    if (asks(i)) {
        if ((sound(i) || !any_sound[c]) && merit(i) > best[c]) { best[c] = merit(i) }
    }
}
percent(i) = !asks(i) ? NaN \
    : best[cell_load[i]] > 0 ? 100 * merit(i) / best[cell_load[i]] : NaN
missing(i) = percent(i) != percent(i)

if (!(sum [i = 1:cells] (!missing(i)))) {
    print figure.": no cell of ".run."/cells.csv has a median"
    exit status 3
}

# From white to dark blue at the best; grey for what decides nothing.
depth(i) = missing(i) || !sound(i) ? 0 : (percent(i) / 100) ** 2
shade(i) = missing(i) || !sound(i) ? 0xececec : tint(0x08519c, 1 - depth(i))
text(i) = (bounded(i) ? "≥ " : sound(i) ? "" : "× ").(missing(i) ? "–" : percent(i) < 0.5 ? "<1" \
    : sprintf("%.0f", percent(i)))

# The best of a column and the worst are framed, of those that count, where one is not the other.
# What does at least so much may not be the worst.
array worst[loads]
do for [c = 1:loads] { worst[c] = NaN }
do for [i = 1:cells] {
    c = cell_load[i]
    if (c > 0 && sound(i) && !missing(i)) { worst[c] = least(worst[c], merit(i)) }
}
parted(i) = sound(i) && !missing(i) ? worst[cell_load[i]] < best[cell_load[i]] : 0
frame(i) = !parted(i) ? 0 : merit(i) == best[cell_load[i]] ? 1 \
    : merit(i) == worst[cell_load[i]] && !bounded(i) ? 2 : 0
any_framed = sum [i = 1:cells] (frame(i) > 0)

left = 30 + 7.2 * longest_name
across_all = loads + GAP * (groups - 1)
room = (width - left - 14) / across_all
box = room < 84 ? room : 84
first_top = heading_height + 64 + (any_task ? 14 : 0)
height = first_top + 26 * series + 32
headline = "Share of the best in the column, %:" \
    .(closed(1) ? " requests/s (closed loop)" : "").(closed(1) && !closed(loads) ? "," : "") \
    .(closed(loads) ? "" : " 1 / p99 response time (open loop)")
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
do for [c = 1:loads] {
    set label column_title(c) at first column_x[c], graph 1 offset character 0, 0.7 center \
        font font(11)
}
do for [g = 1:groups] {
    last = g < groups ? group_first[g + 1] - 1 : loads
    set label group_title[g] at first (column_x[group_first[g]] + column_x[last]) / 2, graph 1 \
        offset character 0, (strlen(task(group_first[g])) ? 3.7 : 2.6) center font font(11)
}
any_bounded = sum [i = 1:cells] (asks(i) && bounded(i))
any_unsound = sum [i = 1:cells] (asks(i) && !sound(i))
note = (any_framed ? "yellow frame: best of the column, red: worst" : "") \
    .(any_framed && (any_bounded || any_unsound) ? "    " : "") \
    .(any_bounded ? "≥ client-bound: at least so good" : "") \
    .(any_bounded && any_unsound ? "    " : "") \
    .(any_unsound ? "× verdict not valid: not counted for the best" : "")
set label note at graph 0, graph 0 offset character 0, -1.1 left font font(10) \
    textcolor rgb "#606060"
x(i) = asks(i) ? column_x[cell_load[i]] : NaN
plot rps using (x($1)):(cell_series[$1]):(x($1) - 0.48):(x($1) + 0.48) \
        :(cell_series[$1] - 0.47):(cell_series[$1] + 0.47):(shade($1)) \
        with boxxyerror linecolor rgb variable, \
    for [f = 1:2] rps using (frame($1) == f ? x($1) : NaN):(cell_series[$1]) \
        :(x($1) - 0.46):(x($1) + 0.46):(cell_series[$1] - 0.43):(cell_series[$1] + 0.43) \
        with boxxyerror fill empty border rgb word("#ffc400 #c23b22", f) linewidth 2 \
        linecolor rgb word("#ffc400 #c23b22", f), \
    rps using (x($1)):(cell_series[$1]):(text($1)):(depth($1) > 0.55 ? 0xffffff : 0) \
        with labels textcolor rgb variable
