#!/usr/bin/env -S gnuplot -c
# Balance: how evenly do the workers of each pattern share requests and connections?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3
if (askers == 0) { print figure.": no cells that ask in ".run."/cells.csv"; exit status 3 }

problem = trouble("workers", "cell_id block slot requests role owned")
if (troubled(problem)) { print problem; exit status (rows("workers") == 0 ? 3 : 1) }
workers = rows("workers")
eval texts("workers", "worker_cell", "cell_id")
eval texts("workers", "worker_block", "block")
eval texts("workers", "worker_slot", "slot")
eval numbers("workers", "requests", "requests")
eval numbers("workers", "owned", "owned")
eval texts("workers", "role", "role")

# The closed-loop cells, or the open-loop ones of a run that has no other; one connection cannot be
# shared, so that cells with one are drawn only where nothing else is there.
array cell_workers[cells]
array cell_passes_on[cells]
do for [i = 1:cells] {
    cell_workers[i] = 0
    cell_passes_on[i] = 0
}
do for [w = 1:workers] {
    i = entry(cell_book, worker_cell[w])
    if (i) {
        cell_workers[i] = 1
        cell_passes_on[i] = cell_passes_on[i] || role[w] eq "worker"
    }
}
any_closed = sum [i = 1:cells] (cell_workers[i] && cell_arrival[i] eq "closed")
loop(i) = cell_workers[i] && (any_closed ? cell_arrival[i] eq "closed" : 1)
any_many = sum [i = 1:cells] (loop(i) && cell_connections[i] > 1)
chosen(i) = loop(i) && (any_many ? cell_connections[i] > 1 : 1)
if (!(sum [i = 1:cells] chosen(i))) {
    print figure.": no worker of ".run."/workers.csv belongs to a cell of cells.csv"
    exit status 3
}

# For each launch the counts of its workers, the busiest first. Acceptors neither own connections
# nor answer; where there are workers, readers own and workers answer.
answers(w, i) = role[w] ne "acceptor" && !(role[w] eq "reader" && cell_passes_on[i])
given(x) = x == x ? x : 0
owns(w) = role[w] ne "acceptor" && role[w] ne "worker"
falling(list, x) = !strlen(list) ? sprintf("%.0f", x) \
    : word(list, 1) + 0 < x ? sprintf("%.0f ", x).list \
    : words(list) == 1 ? list.sprintf(" %.0f", x) : word(list, 1)." ".falling(rest(list), x)
array launch_cell[workers]
array launch_requests[workers]
array launch_owned[workers]
launches = 0
launch_book = "\n"
do for [w = 1:workers] {
    i = entry(cell_book, worker_cell[w])
    if (i > 0) {
        if (chosen(i)) {
            key = worker_cell[w]." ".worker_block[w]." ".worker_slot[w]
            if (!at(launch_book, key)) {
                launches = launches + 1
                launch_book = launch_book.line_of(key, launches)
                launch_cell[launches] = i
                launch_requests[launches] = ""
                launch_owned[launches] = ""
            }
            l = entry(launch_book, key)
            if (answers(w, i)) {
                launch_requests[l] = falling(launch_requests[l], given(requests[w]))
            }
            if (owns(w)) { launch_owned[l] = falling(launch_owned[l], given(owned[w])) }
        }
    }
}
counted(l, panel) = panel == 1 ? launch_requests[l] : launch_owned[l]
total(list) = sum [n = 1:words(list)] (word(list, n) + 0.0)
squares(list) = sum [n = 1:words(list)] ((word(list, n) + 0.0) ** 2)
# Jain's index: 1 when all do the same, 1/n when one of n does everything (Jain, Chiu, Hawe 1984).
jain(list) = total(list) ** 2 / (words(list) * squares(list))

if (!(sum [l = 1:launches] (total(launch_requests[l]) + total(launch_owned[l]) > 0))) {
    print figure.": no worker of ".run."/workers.csv had a request or a connection"
    exit status 3
}

# A row for each cell, in blocks by load. Its bar is cut where, on average over
# the launches, the share of the busiest worker ends, then that of the next.
array row_cell[cells + loads]       # 0 in the row that names the block
array row_title[cells + loads]
row_count = 0
do for [l = 1:loads] {
    if (sum [i = 1:cells] (chosen(i) && cell_load[i] == l)) {
        row_count = row_count + 1
        row_cell[row_count] = 0
        row_title[row_count] = load_title(l)
        do for [k = 1:series] {
            do for [i = 1:cells] {
                if (chosen(i) && cell_load[i] == l && cell_series[i] == k) {
                    row_count = row_count + 1
                    row_cell[row_count] = i
                }
            }
        }
    }
}

FAIR_MARKS = 16             # more workers than this leave no room for marks of the fair shares
array shares[4096]
array note[2 * row_count]
array workers_of[2 * row_count]
set print $parts
do for [panel = 1:2] {
    do for [row = 1:row_count] {
        n = 0
        crew = 0
        cv = 0
        fairness = 0
        do for [l = 1:launches] {
            list = launch_cell[l] == row_cell[row] ? counted(l, panel) : ""
            if (total(list) > 0) {
                n = n + 1
                do for [w = crew + 1:words(list)] { shares[w] = 0 }
                crew = words(list) > crew ? words(list) : crew
                do for [w = 1:words(list)] { shares[w] = shares[w] + word(list, w) / total(list) }
                fairness = fairness + jain(list)
                cv = cv + sqrt(1 / jain(list) - 1)
            }
        }
        end = 0
        do for [w = 1:crew] {
            begin = end
            end = end + 100.0 * shares[w] / n
            print sprintf("%d %d %.4f %.4f %d", panel, row, begin, end, \
                tint(series_colour[cell_series[row_cell[row]]], \
                    crew > 1 ? 0.75 * (w - 1) / (crew - 1) : 0))
        }
        workers_of[2 * row - 2 + panel] = crew
        note[2 * row - 2 + panel] = !row_cell[row] ? "" : crew == 0 ? "none" \
            : crew == 1 ? "one worker" : sprintf("CV %.2f, J %.2f", cv / n, fairness / n)
    }
}
unset print
set print $fair
do for [panel = 1:2] {
    do for [row = 1:row_count] {
        crew = workers_of[2 * row - 2 + panel]
        do for [w = 1:(crew <= FAIR_MARKS ? crew : 0) - 1] {
            print sprintf("%d %d %.4f", panel, row, 100.0 * w / crew)
        }
    }
}
print "0 0 0"                # a datablock without lines cannot be plotted
unset print

headline = "Share of each worker, busiest first" \
    ." (lines: fair shares; CV and Jain's J: mean of launches)"
left = 30 + 7 * (longest_name < 18 ? 18 : longest_name)
note_width = 104
wide = (width - left) / 2
first_top = heading_height + 6
height = first_top + 19 * row_count + 60
eval OPEN
set multiplot
eval HEADING
set datafile separator whitespace
set yrange [row_count + 0.6:0.4]
set xrange [0:100]
set xtics 0, 25, 100
set ytics scale 0 ("" 0)
set grid noytics xtics
do for [panel = 1:2] {
    eval panel(left + (panel - 1) * wide, left + panel * wide - note_width, first_top, height - 60)
    eval titles(panel == 1 ? "share of requests, %" : "share of connections, %", "")
    do for [row = 1:row_count] {
        i = row_cell[row]
        if (panel == 1 && i) { set ytics add (series_name[cell_series[i]] row) }
        if (panel == 1 && !i) { set label row_title[row] at screen across(14), first row left }
        set label note[2 * row - 2 + panel] at graph 1, first row left offset character 0.8, 0 \
            font font(10)
    }
    plot $parts using ($1 == panel ? $3 : NaN):2:3:4:($2 - 0.4):($2 + 0.4):5 with boxxyerror \
            linecolor rgb variable, \
        $parts using ($1 == panel ? $4 : NaN):($2 - 0.4):(0):(0.8) with vectors nohead \
            linecolor rgb "#ffffff" linewidth 0.7, \
        for [s = 1:2] $fair using ($1 == panel ? $3 : NaN):($2 - 0.46):(0):(0.92) \
            with vectors nohead linecolor rgb word("#ffffff #000000", s) linewidth 4 - 1.5 * s
    unset label
    set ytics ("" 0)
}
unset multiplot
