#!/usr/bin/env -S gnuplot -c
# Roles: which threads of each pattern spend the CPU time of a request, at a given rate?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3
if (askers == 0) { print figure.": no cells that ask in ".run."/cells.csv"; exit status 3 }

problem = trouble("workers", "cell_id slot requests cpu_ns role")
if (troubled(problem)) { print problem; exit status (rows("workers") == 0 ? 3 : 1) }
problem = trouble("runs", "slot cell_id valid srv_cpu_ns_per_req")
if (troubled(problem)) { print problem; exit status (rows("runs") == 0 ? 3 : 1) }
workers = rows("workers")
eval texts("workers", "worker_slot", "slot")
eval texts("workers", "worker_role", "role")
eval numbers("workers", "worker_requests", "requests")
eval numbers("workers", "worker_cpu", "cpu_ns")
runs = rows("runs")
eval texts("runs", "run_slot", "slot")
eval texts("runs", "run_cell", "cell_id")
eval texts("runs", "run_valid", "valid")
eval numbers("runs", "run_cpu", "srv_cpu_ns_per_req")

# The last is what no thread that serves has spent: the first thread of the program, for one.
ROLES = "loop acceptor reader worker sender connection other"
COLOURS = "0x0072b2 0x009e73 0x56b4e9 0xe69f00 0xcc79a7 0x8c6100 0xb8b8b8"
kinds = words(ROLES)
known(role) = sum [r = 1:kinds - 1] (word(ROLES, r) eq role ? r : 0)
kind_of(role) = known(role) ? known(role) : kinds

# Launches that count, of cells of the open loop; all launches of a cell of which none counts.
array counted[cells]
do for [i = 1:cells] { counted[i] = 0 }
run_book = "\n"
do for [r = 1:runs] {
    i = entry(cell_book, run_cell[r])
    run_book = run_book.line_of(run_slot[r], r)
    if (i > 0 && run_valid[r] eq "1") { counted[i] = counted[i] + 1 }
}
is_open(i) = cell_arrival[i] ne "closed" && cell_load[i] > 0
takes(r, i) = run_valid[r] eq "1" || !counted[i]
array launch_requests[runs]
array launch_cell[runs]         # 0 where it does not count
do for [r = 1:runs] {
    i = entry(cell_book, run_cell[r])
    launch_cell[r] = i == 0 ? 0 : is_open(i) && takes(r, i) ? i : 0
    launch_requests[r] = 0
}
array spent[cells * kinds]      # nanoseconds of each role in all launches of a cell
array cell_requests[cells]
array cell_cpu[cells]           # of all threads
do for [k = 1:cells * kinds] { spent[k] = 0 }
do for [i = 1:cells] { cell_requests[i] = 0; cell_cpu[i] = 0 }
do for [w = 1:workers] {
    r = entry(run_book, worker_slot[w])
    if (r > 0) {
        i = launch_cell[r]
        # A launch counts with all that it spent, or not at all.
        if (i > 0 && worker_cpu[w] >= 0 && worker_requests[w] >= 0 && run_cpu[r] > 0) {
            k = (i - 1) * kinds + kind_of(worker_role[w])
            spent[k] = spent[k] + worker_cpu[w]
            launch_requests[r] = launch_requests[r] + worker_requests[w]
        }
    }
}
do for [r = 1:runs] {
    if (launch_requests[r] > 0) {
        i = launch_cell[r]
        cell_requests[i] = cell_requests[i] + launch_requests[r]
        cell_cpu[i] = cell_cpu[i] + launch_requests[r] * run_cpu[r]
    }
}
served(i) = sum [r = 1:kinds] spent[(i - 1) * kinds + r]
do for [i = 1:cells] {
    k = i * kinds
    spent[k] = cell_cpu[i] > served(i) ? spent[k] + cell_cpu[i] - served(i) : spent[k]
}
share(i, r) = cell_requests[i] > 0 ? spent[(i - 1) * kinds + r] / cell_requests[i] * 1e-3 : 0
total(i) = sum [r = 1:kinds] share(i, r)
drawable(i) = is_open(i) && total(i) > 0

# A panel for each of the loads that most series ran, three at most.
array load_size[loads]
most = 0
do for [l = 1:loads] {
    load_size[l] = sum [i = 1:cells] (cell_load[i] == l && drawable(i))
    most = load_size[l] > most ? load_size[l] : most
}
if (!most) {
    print figure.": no open-loop cell with the CPU time of its threads in ".run
    exit status 3
}
panels = 0
array panel_load[3]
do for [l = 1:loads] {
    if (load_size[l] == most && panels < 3) {
        panels = panels + 1
        panel_load[panels] = l
    }
}
shown(i) = drawable(i) && (sum [p = 1:panels] (panel_load[p] == cell_load[i])) > 0
array series_row[series]
series_rows = 0
do for [k = 1:series] {
    series_row[k] = 0
    if (sum [i = 1:cells] (shown(i) && cell_series[i] == k)) {
        series_rows = series_rows + 1
        series_row[k] = series_rows
    }
}
row(i) = series_row[cell_series[i]]

set print $parts
most = 0
do for [i = 1:cells] {
    if (shown(i)) {
        end = 0
        do for [r = 1:kinds] {
            begin = end
            end = end + share(i, r)
            if (end > begin) {
                print sprintf("%d %d %d %.4f %.4f", cell_load[i], row(i), r, begin, end)
            }
        }
        most = end > most ? end : most
    }
}
unset print
array role_used[kinds]
do for [r = 1:kinds] {
    role_used[r] = sum [i = 1:cells] (shown(i) && share(i, r) > 0.005 * total(i))
}

headline = "Server CPU time of a request by the role of the threads that spend it, open loop"
left = 30 + 7 * (longest_name < 12 ? 12 : longest_name)
wide = (width - left - 10) / panels
any_task = sum [p = 1:panels] (strlen(task(panel_load[p])) > 0)
top = heading_height + (any_task ? 64 : 50)
# The title of a panel; all are open loops.
panel_title(l) = (strlen(task(l)) ? task(l)."\n" : any_task ? "\n" : "") \
    .sprintf("%s %s, c%s", named(arrival(l)), shown_rate(rate(l)), shown_count(connections(l)))
height = top + 22 * series_rows + 56
eval OPEN
set multiplot
eval HEADING
legend_x = left
do for [r = 1:kinds] {
    if (role_used[r]) {
        set label 10 + r word(ROLES, r) at screen across(legend_x), \
            screen down(heading_height + 6) left offset character 1.2, 0 font font(10) \
            point pointtype 5 linecolor rgb (word(COLOURS, r) + 0)
        legend_x = legend_x + 40 + 7 * strlen(word(ROLES, r))
    }
}
set datafile separator whitespace
set yrange [series_rows + 0.6:0.4]
set xrange [0:most * 1.02]
set ytics scale 0 ("" 0)
set grid noytics xtics
do for [p = 1:panels] {
    l = panel_load[p]
    begin = left + (p - 1) * wide
    eval panel(begin, begin + wide - 62, top, top + 22 * series_rows)
    set xlabel "µs a request" font font(11)
    set label 3 panel_title(l) at graph 0, graph 1 font font(11) \
        offset 0, character (any_task ? 1.9 : 0.9)
    do for [i = 1:cells] {
        if (shown(i) && cell_load[i] == l) {
            set label 100 + i sprintf("%s%.1f", sound(i) ? "" : "× ", total(i)) \
                at first total(i), first row(i) left offset character 0.5, 0 font font(10)
        }
    }
    if (p == 1) {
        do for [k = 1:series] {
            if (series_row[k]) { set ytics add (series_name[k] series_row[k]) }
        }
    }
    plot $parts using ($1 == l ? $4 : NaN):2:4:5:($2 - 0.38):($2 + 0.38) \
            :(word(COLOURS, int($3)) + 0) with boxxyerror linecolor rgb variable
    unset label
    set ytics ("" 0)
}
unset multiplot
