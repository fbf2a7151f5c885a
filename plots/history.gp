#!/usr/bin/env -S gnuplot -c
# History: since which commit is a cell faster or slower? RUNDIR holds history.csv and changes.csv.
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
without_cells = 1
call here."style.gp" ARG0 ARG1 ARG2 ARG3

problem = trouble("history", "time commit run_id hw_id cell_id arrival verdict rps" \
    ." p99_ns srv_cpu_ns_per_req")
if (troubled(problem)) { print problem; exit status 1 }
problem = trouble("changes", "hw_id cell_id metric run_id before after change_pct")
changes = rows("changes")
if (troubled(problem) && changes != 0) { print problem; exit status 1 }

points = rows("history")
history = points
eval texts("history", "point_cell", "cell_id")
eval texts("history", "point_run", "run_id")
eval texts("history", "point_commit", "commit")
eval texts("history", "point_machine", "hw_id")
eval texts("history", "point_verdict", "verdict")
eval numbers("history", "point_rps", "rps")
eval numbers("history", "point_p99", "p99_ns")
eval numbers("history", "point_cpu", "srv_cpu_ns_per_req")
eval texts("history", "point_arrival", "arrival")
if (changes > 0) {
    eval texts("changes", "change_machine", "hw_id")
    eval texts("changes", "change_cell", "cell_id")
    eval texts("changes", "change_metric", "metric")
    eval texts("changes", "change_run", "run_id")
    eval numbers("changes", "change_before", "before")
    eval numbers("changes", "change_after", "after")
    eval numbers("changes", "change_size", "change_pct")
} else {
    array change_machine[1] = [""]; array change_cell[1] = [""]
    array change_metric[1] = [""]; array change_run[1] = [""]
    array change_before[1] = [0]; array change_after[1] = [0]; array change_size[1] = [0]
}

# Only the machine of the last run: other machines tell nothing about it.
machine = point_machine[points]
on_machine(i) = point_machine[i] eq machine
array cell_name[points]
array point_turn[points]        # which run of its cell it was, 0 on another machine
array point_place[points]       # the number of its cell
cells = 0
most = 0
cell_list = "\n"
array cell_runs[points]
array cell_open[points]
do for [i = 1:points] {
    point_turn[i] = 0
    point_place[i] = 0
    if (on_machine(i)) {
        if (!at(cell_list, point_cell[i])) {
            cells = cells + 1
            cell_name[cells] = point_cell[i]
            cell_runs[cells] = 0
            cell_open[cells] = 0
            cell_list = cell_list.line_of(point_cell[i], cells)
        }
        c = entry(cell_list, point_cell[i])
        cell_runs[c] = cell_runs[c] + 1
        most = cell_runs[c] > most ? cell_runs[c] : most
        point_turn[i] = cell_runs[c]
        point_place[i] = c
        if (point_arrival[i] ne "closed") { cell_open[c] = 1 }
    }
}
figures = sum [i = 1:points] (on_machine(i) && (point_rps[i] == point_rps[i] \
    || point_p99[i] == point_p99[i] || point_cpu[i] == point_cpu[i]))
if (!figures) {
    print figure.": ".run."/history.csv holds no figure of machine ".machine
    exit status 3
}
if (most < 2) {
    print figure.": ".run."/history.csv holds fewer than two runs of machine ".machine
    exit status 3
}

# Where a change stands: the point of its cell whose run it names. The rows of a run stand together.
run_book = "\n"
do for [i = 1:points] {
    if (i == 1 || point_run[i] ne point_run[i - 1]) {
        run_book = run_book.line_of(point_run[i], i)
    }
}
array change_turn[changes > 0 ? changes : 1]
array change_place[changes > 0 ? changes : 1]
change_turn[1] = 0           # a mark that is nowhere, where nothing has changed
change_place[1] = 1
do for [k = 1:changes] {
    change_turn[k] = 0
    change_place[k] = entry(cell_list, change_cell[k])
    i = change_machine[k] eq machine ? entry(run_book, change_run[k]) : 0
    while (i > 0 && i <= points && point_run[i] eq change_run[k]) {
        if (point_cell[i] eq change_cell[k]) { change_turn[k] = point_turn[i] }
        i = i + 1
    }
}

# The left panel of a cell is what its load asks about, the right one what it costs.
is_open(c) = cell_open[c]
left_value(i) = is_open(point_place[i]) ? point_p99[i] / 1e3 : point_rps[i] / 1e3
left_metric(c) = is_open(c) ? "p99_ns" : "rps"
left_title(c) = is_open(c) ? "p99 response time, µs" : "thousand requests/s"

# The first change of the same cell and metric behind change k; the last run where there is none.
next_turn(k) = min_after(k, 1, cell_runs[change_place[k]] + 1)
same(k, j) = j <= changes && change_place[j] == change_place[k] \
    && change_metric[j] eq change_metric[k] && change_turn[j] > change_turn[k]
min_after(k, j, best) = j > changes ? best \
    : min_after(k, j + 1, same(k, j) && change_turn[j] < best ? change_turn[j] : best)
previous_turn(k) = max_before(k, 1, 1)
earlier(k, j) = change_place[j] == change_place[k] \
    && change_metric[j] eq change_metric[k] && change_turn[j] < change_turn[k]
max_before(k, j, best) = j > changes ? best \
    : max_before(k, j + 1, earlier(k, j) && change_turn[j] > best ? change_turn[j] : best)

pattern_of(name) = strstrt(name, "/") ? name[strstrt(name, "/") + 1:*] : name
first_part(text) = strstrt(text, "/") ? text[1:strstrt(text, "/") - 1] : text
colour_of(name) = colour_at(first_part(pattern_of(name)), 1)
colour_at(pattern, k) = k > |$patterns| ? int(word(OTHERS, 1)) \
    : word($patterns[k], 1) eq pattern ? int(word($patterns[k], 2)) : colour_at(pattern, k + 1)

# A triangle is a bound, of what the generator limited; CPU time is none.
shape(i, side) = point_verdict[i] eq "valid" ? 7 : point_verdict[i] ne "client-bound" ? 6 \
    : side ? 7 : is_open(point_place[i]) ? 10 : 8
any_bound = sum [i = 1:points] (point_verdict[i] eq "client-bound")
headline = "History: medians of each run, in their order (lines: levels between changes;" \
    ." hollow: not valid".(any_bound ? "; triangle: at least, at most" : "").")"
row_height = 158
top_of(c) = heading_height + 44 + (c - 1) * row_height
height = top_of(cells + 1) + 24
middle = width / 2
eval OPEN
set multiplot
eval HEADING
set xrange [0.5:most + 0.5]
if (most < 10) { set xtics 1 }
set offsets graph 0, graph 0, graph 0.18, graph 0.1
# About three ticks: a panel is low.
power(x) = 10 ** floor(log10(x))
nice(x) = x / power(x) < 1.5 ? power(x) : x / power(x) < 3.5 ? 2 * power(x) \
    : x / power(x) < 7.5 ? 5 * power(x) : 10 * power(x)
do for [c = 1:cells] {
    colour = colour_of(cell_name[c])
    do for [side = 0:1] {
        metric = side ? "srv_cpu_ns_per_req" : left_metric(c)
        scale = metric eq "rps" || side || is_open(c) ? 1e3 : 1
        eval panel(side ? middle + 62 : 62, side ? width - 18 : middle - 18, top_of(c), \
            top_of(c) + 80)
        eval titles(c == cells ? "run" : "", side ? "server CPU, µs a request" : left_title(c))
        if (!side) {
            set label 4 cell_name[c] at screen across(14), screen down(top_of(c) - 34) font font(12)
        }
        do for [k = 1:changes] {
            if (change_place[k] == c && change_turn[k] > 0 && change_metric[k] eq metric) {
                set label 100 + k sprintf("%+.1f %%", change_size[k]) \
                    at first change_turn[k] - 0.4, graph 1.0 left font font(10) \
                    offset 0, character 0.1
            }
        }
        figure_at(i) = point_place[i] != c ? NaN : side ? point_cpu[i] / 1e3 : left_value(i)
        marked(k) = change_place[k] == c && change_turn[k] > 0 && change_metric[k] eq metric
        seen_low = NaN
        seen_high = NaN
        do for [i = 1:points] {
            if (figure_at(i) == figure_at(i)) {
                seen_low = figure_at(i) >= seen_low ? seen_low : figure_at(i)
                seen_high = figure_at(i) <= seen_high ? seen_high : figure_at(i)
            }
        }
        spread = seen_high - seen_low
        set ytics nice(spread > 0 ? spread / 2.5 : seen_high > 0 ? seen_high : 1)
        # gnuplot leaves no room around a level that never changes, and none where there is none.
        set yrange [*:*]
        if (!(spread > 0)) { set yrange [0:seen_high > 0 ? 2 * seen_high : 1] }
        plot point_turn using (point_turn[$1]):(figure_at($1)):(shape($1, side)) with points \
                pointtype variable pointsize 0.5 linecolor rgb colour, \
            change_turn using (changes && marked($1) ? previous_turn($1) - 0.5 : NaN) \
                :(change_before[$1] / scale):(change_turn[$1] - previous_turn($1)):(0) \
                with vectors nohead linewidth 1.5 linecolor rgb "#000000", \
            change_turn using (changes && marked($1) ? change_turn[$1] - 0.5 : NaN) \
                :(change_after[$1] / scale):(next_turn($1) - change_turn[$1]):(0) \
                with vectors nohead linewidth 1.5 linecolor rgb "#000000", \
            change_turn using (changes && marked($1) ? change_turn[$1] - 0.5 : NaN) \
                :(change_before[$1] / scale):(0):((change_after[$1] - change_before[$1]) / scale) \
                with vectors nohead linewidth 0.7 dashtype 2 linecolor rgb "#000000"
        unset label
    }
}
unset multiplot
