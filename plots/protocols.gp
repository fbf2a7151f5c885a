#!/usr/bin/env -S gnuplot -c
# Protocols: what do HTTP/2 and requests in flight on a connection do to a pattern?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

FIGURES = "rps srv_cpu_ns_per_req p99_ns"
problem = trouble("cells", "rps_median rps_ci_lo rps_ci_hi srv_cpu_ns_per_req_median" \
    ." srv_cpu_ns_per_req_ci_lo srv_cpu_ns_per_req_ci_hi p99_ns_median p99_ns_ci_lo p99_ns_ci_hi")
if (troubled(problem)) { print problem; exit status 1 }
eval texts("cells", "language", "protocol")
eval numbers("cells", "streams", "streams")
eval numbers("cells", "depth", "pipeline")
eval texts("cells", "tls", "tls")
eval texts("cells", "nodelay", "nodelay")
eval numbers("cells", "threads", "threads")
eval numbers("cells", "payload", "payload_bytes")
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

# One number of connections is drawn, the one with most cells, and one rate of the open loop; where
# something else varies within a pattern, what its first cell has.
same(a, b) = a == b || (a != a && b != b)
usual(i, k) = tls[i] eq tls[k] && nodelay[i] eq nodelay[k] && cell_manner[i] eq cell_manner[k] \
    && same(threads[i], threads[k]) \
    && same(payload[i], payload[k]) && cell_server[i] eq cell_server[k]
chosen_count = 0
most = 0
do for [c = 1:words(counts)] {
    count = word(counts, c) + 0
    cells_there = sum [i = 1:cells] (cell_connections[i] == count)
    if (cells_there > most) { chosen_count = count; most = cells_there }
}
chosen_load = 0
most = 0
do for [l = 1:loads] {
    cells_there = sum [i = 1:cells] (cell_load[i] == l)
    if (!closed(l) && connections(l) == chosen_count && cells_there > most) {
        chosen_load = l
        most = cells_there
    }
}
is_closed(i) = cell_connections[i] == chosen_count && cell_arrival[i] eq "closed" \
    && usual(i, cell_first[i])
is_open(i) = chosen_load > 0 && cell_load[i] == chosen_load && usual(i, cell_first[i])

# Bars stand in groups: one for each protocol and number of requests in flight on a connection, a
# bar for each pattern.
names_of(name) = name eq "h1" ? "HTTP/1.1" : name eq "h2" ? "HTTP/2" : name eq "ws" ? "WebSocket" \
    : name eq "grpc" ? "gRPC" : name eq "sse" ? "16 events" : name
in_flight(i) = streams[i] * depth[i]
has_streams(i) = language[i] eq "h2" || language[i] eq "grpc"
group_name(i) = names_of(language[i])."\n" \
    .(has_streams(i) ? plural(streams[i], "stream") : sprintf("%g in flight", in_flight(i)))
languages = ""
depths = ""
do for [i = 1:cells] {
    if (is_closed(i) || is_open(i)) {
        if (!strstrt(" ".languages." ", " ".language[i]." ")) {
            languages = languages.(strlen(languages) ? " " : "").language[i]
        }
        depths = with(depths, in_flight(i))
    }
}
array cell_group[cells]
array cell_base_number[cells]
array group_cell[cells]
groups = 0
do for [i = 1:cells] { cell_group[i] = 0; cell_base_number[i] = 0 }
do for [name in languages] {
    do for [d = 1:words(depths)] {
        first = 0
        do for [i = 1:cells] {
            if ((is_closed(i) || is_open(i)) && language[i] eq name \
                && in_flight(i) == word(depths, d) + 0) {
                if (!first) { first = i; groups = groups + 1; group_cell[groups] = i }
                cell_group[i] = groups
            }
        }
    }
}
if (groups < 2) {
    print figure.": no two protocols or numbers in flight in ".run."/cells.csv"
    exit status 3
}

# The legend is of patterns, whatever they speak.
series = bases
do for [b = 1:bases] {
    series_name[b] = cell_base[base_cell[b]]
    series_colour[b] = base_colour[b]
    do for [i = 1:cells] { if (cell_first[i] == base_cell[b]) { cell_base_number[i] = b } }
}

# Requests a second and CPU time in the closed loop, then response times at one rate.
drawn(i, f) = cell_group[i] > 0 && (f < 3 ? is_closed(i) : is_open(i))
median(i, f) = mid[(f - 1) * cells + i]
array series_bar[series]
bars = 0
do for [b = 1:bases] {
    series_bar[b] = 0
    do for [i = 1:cells] {
        if (cell_base_number[i] == b && (drawn(i, 1) || drawn(i, 3))) {
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
    if (sum [i = 1:cells] (drawn(i, f) && median(i, f) > 0)) {
        panels = panels + 1
        panel_figure[panels] = f
    }
}
if (panels == 0) { print figure.": no cell of ".run."/cells.csv has a median"; exit status 3 }
top_rate = 0
top_time = 0
do for [i = 1:cells] {
    top_rate = drawn(i, 1) && median(i, 1) > top_rate ? median(i, 1) : top_rate
    top_time = drawn(i, 3) && median(i, 3) > top_time ? median(i, 3) : top_time
}
thousands = top_rate >= 2000
milliseconds = top_time >= 1e7

LIMITED = "arrow: at least, at most"
headline = "Protocols and requests in flight, c".shown_count(chosen_count)
height = 120 + 230 * panels
eval MEASURE
eval OPEN
set multiplot
eval HEADING
eval LEGEND
set style fill solid 1.0 border
set xrange [0.5:groups + 0.5]
set yrange [0:*]
set grid noxtics ytics
set xtics scale 0 ("" 0)
if (groups > 7) { eval sprintf("set xtics font '%s'", font(9)) }
do for [g = 1:groups] { set xtics add (group_name(group_cell[g]) g) }

thickness = 0.84 / (bars < 5 ? 5 : bars)
x(i) = cell_group[i] + (series_bar[cell_base_number[i]] - (bars + 1) / 2.0) * thickness
shows(i, b, valid) = cell_base_number[i] == b && drawn(i, f) \
    && sound(i) == valid
scale(f) = f == 1 ? (thousands ? 1e-3 : 1) : f == 3 && milliseconds ? 1e-6 : 1e-3
at_rate = chosen_load > 0 ? load_title(chosen_load) : ""
AXIS = "f == 1 ? (thousands ? 'thousand ' : '').'requests/s, closed loop'" \
    .": f == 2 ? 'server CPU, µs a request, closed loop'" \
    .": 'p99 response time, '.(milliseconds ? 'ms' : 'µs').', '.at_rate"
# An arrow goes up from a rate and down from a time; CPU time is no bound.
tip(f) = f == 1 ? 0.07 * top_rate : -0.07 * top_time
from(i, f) = f == 3 && bounded(i) ? median(i, f) : low[(f - 1) * cells + i]
to(i, f) = f == 1 && bounded(i) ? median(i, f) : high[(f - 1) * cells + i]
GAP = 70
first_top = heading_height + 26
tall = (height - 58 - GAP * (panels - 1) - first_top) / panels
do for [p = 1:panels] {
    f = panel_figure[p]
    top = first_top + (p - 1) * (tall + GAP)
    eval "axis_title = ".AXIS
    eval panel(66, edge, top, top + tall)
    eval titles("", axis_title)
    plot for [b = 1:bases] cell_group \
            using (shows($1, b, 1) ? x($1) : NaN):(median($1, f) * scale(f)):(thickness * 0.84) \
            with boxes linecolor rgb series_colour[b], \
        for [b = 1:bases] cell_group \
            using (shows($1, b, 0) ? x($1) : NaN):(median($1, f) * scale(f)):(thickness * 0.84) \
            with boxes fill empty linewidth 1.5 linecolor rgb series_colour[b], \
        for [s = 1:2] cell_group using (drawn($1, f) ? x($1) : NaN) \
            :(from($1, f) * scale(f)):(0):((to($1, f) - from($1, f)) * scale(f)) \
            with vectors arrowstyle s, \
        cell_group using (f != 2 && drawn($1, f) && bounded($1) ? x($1) : NaN) \
            :(median($1, f) * scale(f)):(0):(tip(f) * scale(f)) with vectors arrowstyle 3
    unset label
}
unset multiplot
