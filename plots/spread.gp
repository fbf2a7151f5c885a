#!/usr/bin/env -S gnuplot -c
# Spread: how much do launches of the same cell differ, and did the machine drift during the run?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3
if (askers == 0) { print figure.": no cells that ask in ".run."/cells.csv"; exit status 3 }

problem = trouble("runs", "cell_id rps p50_ns verdict")
if (troubled(problem)) { print problem; exit status 1 }
problem = trouble("cells", "rps_median rps_ci_lo rps_ci_hi p50_ns_median p50_ns_ci_lo p50_ns_ci_hi")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "rps_middle", "rps_median")
eval numbers("cells", "rps_low", "rps_ci_lo")
eval numbers("cells", "rps_high", "rps_ci_hi")
eval numbers("cells", "p50_middle", "p50_ns_median")
eval numbers("cells", "p50_low", "p50_ns_ci_lo")
eval numbers("cells", "p50_high", "p50_ns_ci_hi")
runs = rows("runs")
eval texts("runs", "run_cell_id", "cell_id")
eval texts("runs", "run_verdict", "verdict")
eval numbers("runs", "run_rps", "rps")
eval numbers("runs", "run_p50", "p50_ns")

# Deviations from the median of the cell in %, slower being positive: of the time a request takes up
# in the closed loop (1 / rate), of the median response time in the open loop, whose rate is given.
is_closed(i) = cell_arrival[i] eq "closed"
middle(i) = is_closed(i) ? rps_middle[i] : p50_middle[i]
# Without a median nothing can be said; a launch without any success is endlessly slow.
over(a, b) = !(a > 0) || b != b ? NaN : b > 0 ? a / b : 1e9
off(i, value) = !(middle(i) > 0) ? NaN \
    : 100 * (is_closed(i) ? over(middle(i), value) : value / middle(i)) - 100
array run_cell[runs]
array run_turn[runs]        # which launch of its cell it was
array cell_runs[cells]
do for [i = 1:cells] { cell_runs[i] = 0 }
widest = 0
do for [j = 1:runs] {
    i = entry(cell_book, run_cell_id[j])
    # Who subscribes or searches is under no load that launches could be compared at.
    if (i) { if (!asks(i)) { i = 0 } }
    run_cell[j] = i
    if (i) {
        cell_runs[i] = cell_runs[i] + 1
        run_turn[j] = cell_runs[i]
        size = abs(off(i, is_closed(i) ? run_rps[j] : run_p50[j]))
        widest = size > widest ? size : widest
    }
}
deviation(j) = run_cell[j] == 0 ? NaN \
    : off(run_cell[j], is_closed(run_cell[j]) ? run_rps[j] : run_p50[j])
trusted(j) = run_verdict[j] eq "valid" || run_verdict[j] eq "client-bound"

if (!(sum [j = 1:runs] (deviation(j) == deviation(j)))) {
    print figure.": no launch of ".run."/runs.csv belongs to a cell with a median"
    exit status 3
}

# Launches beyond the limit stand at the edge, as diamonds.
LIMIT = 30
limit = widest > LIMIT ? LIMIT : widest < 5 ? 5 : 5 * ceil(widest / 5)
held(x) = x > limit ? limit : x < -limit ? -limit : x
shape(j) = (abs(deviation(j)) > limit ? 13 : 7) - (trusted(j) ? 0 : 1)
colour(j) = run_cell[j] ? series_colour[cell_series[run_cell[j]]] : 0

# A row for each cell, in blocks by load: in two columns where one would be taller than a screen.
# Where two don't hold all, those are left out whose launches differ least.
ROW = 15
ROWS = 26                   # of a column
array cell_widest[cells]    # how far a launch is from the median at most; NaN without a row
do for [i = 1:cells] { cell_widest[i] = asks(i) && middle(i) > 0 ? 0 : NaN }
do for [j = 1:runs] {
    i = run_cell[j]
    if (i) {
        size = abs(deviation(j))
        if (size > cell_widest[i]) { cell_widest[i] = size }
    }
}
has_row(i) = cell_widest[i] == cell_widest[i]
in_block(i, l) = has_row(i) && cell_load[i] == l
rows_of(cells_left) = cells_left + (sum [l = 1:loads] ((sum [i = 1:cells] in_block(i, l)) > 0))
all_rows = sum [i = 1:cells] has_row(i)
left_rows = all_rows
do for [n = 1:all_rows] {
    if (rows_of(left_rows) > 2 * ROWS) {
        dullest = 0
        do for [i = 1:cells] {
            if (has_row(i) && (dullest ? cell_widest[i] < cell_widest[dullest] : 1)) { dullest = i }
        }
        cell_widest[dullest] = NaN
        left_rows = left_rows - 1
    }
}
columns = rows_of(left_rows) > ROWS ? 2 : 1
# The first column ends with a block where that leaves the other one low enough.
SLACK = 3
first_rows = columns == 1 ? rows_of(left_rows) : (rows_of(left_rows) + 1) / 2
other_rows(first) = rows_of(left_rows) - first
taller(first) = first > other_rows(first) ? first : other_rows(first)
best = 0
row_count = 0
do for [l = 1:loads] {
    size = sum [i = 1:cells] in_block(i, l)
    row_count = row_count + size + !!size
    best = !best || taller(row_count) < taller(best) ? row_count : best
}
continued = ""
if (columns == 2 && taller(best) <= ROWS + SLACK) { first_rows = best }
per_column = taller(first_rows)
array row_of[cells]
do for [i = 1:cells] { row_of[i] = NaN }
array block_row[loads]
row_count = 0
do for [l = 1:loads] {
    block_row[l] = 0
    if (sum [i = 1:cells] in_block(i, l)) {
        row_count = row_count + 1
        block_row[l] = row_count
    }
    do for [k = 1:series] {
        do for [i = 1:cells] {
            if (in_block(i, l) && cell_series[i] == k) {
                row_count = row_count + 1
                row_of[i] = row_count
                if (row_count == first_rows + 1) { continued = load_title(l).", continued" }
            }
        }
    }
}
# Within its row a launch stands the lower the later it ran.
y(j) = !run_cell[j] ? NaN \
    : row_of[run_cell[j]] + 0.6 * ((run_turn[j] - 0.5) / cell_runs[run_cell[j]] - 0.5)

# The mean deviation in each twentieth of the run shows drift; outliers count as the limit.
SLICES = 20
slices = runs < 2 * SLICES ? 0 : SLICES
in_slice(j, s) = deviation(j) == deviation(j) && ceil(j * slices / real(runs)) == s
array drift[SLICES]
do for [s = 1:slices] {
    n = sum [j = 1:runs] in_slice(j, s)
    drift[s] = n == 0 ? NaN \
        : (sum [j = 1:runs] (in_slice(j, s) ? held(deviation(j)) : 0)) / real(n)
}

headline = "Launches against the median of their cell:" \
    ." 1 / requests/s (closed loop), p50 (open loop)"
# Of a longer name the middle is left out: the ends tell cells apart, and the dots need the room.
NAME = columns == 1 ? 60 : 34
# The one pattern of all series says nothing.
plain(text) = bases > 1 || text eq cell_base[1] ? text : text[strlen(cell_base[1]) + 2:*]
short(text) = strlen(text) <= NAME ? text \
    : text[1:NAME / 2]."…".text[strlen(text) - NAME + NAME / 2 + 2:*]
longest_plain = 16
do for [k = 1:series] {
    length = strlen(plain(series_name[k]))
    longest_plain = length > longest_plain ? length : longest_plain
}
named = longest_plain > NAME ? NAME : longest_plain
names_wide = 24 + 6.6 * named
column_wide = (width - 14.0) / columns
DOT = 0.75
order_top = heading_height + 26
order_tall = 110
strip_top = order_top + order_tall + 62 + (strlen(continued) ? 14 : 0)
height = strip_top + ROW * per_column + 52
eval OPEN
set multiplot
eval HEADING
eval panel(66, width - 20, order_top, order_top + order_tall)
eval titles(slices ? "launches in the order of the run (line: mean of each twentieth of them)" \
    : "launches in the order of the run", "slower by, %")
set xrange [0.5:runs + 0.5]
if (runs < 10) { set xtics 1 }
set yrange [-limit * 1.04:limit * 1.04]
set xzeroaxis linetype 1 linewidth 0.7 linecolor rgb "#808080"
plot run_cell using (run_cell[$1] ? $1 : NaN):(held(deviation($1))):(shape($1)):(colour($1)) \
        with points pointtype variable pointsize (runs > 300 ? 0.5 : DOT) linecolor rgb variable, \
    for [s = 0:(slices ? 1 : -1)] drift using (($1 - 0.5) * runs / SLICES):(drift[$1]) with lines \
        linewidth 5 - 3 * s linecolor rgb word("#ffffff #000000", s + 1)
unset label

set xtics autofreq
set xrange [-limit * 1.04:limit * 1.04]
unset xzeroaxis
set ytics scale 0 ("" 0)
set grid noytics
low(i) = held(off(i, is_closed(i) ? rps_low[i] : p50_low[i]))
high(i) = held(off(i, is_closed(i) ? rps_high[i] : p50_high[i]))
do for [c = 1:columns] {
    begin = (c - 1) * column_wide
    eval panel(begin + names_wide, begin + column_wide - 6, strip_top, height - 52)
    eval titles("", "")
    if (c == 2) {
        set label 901 continued at screen across(begin + 14), screen down(strip_top - 9) left \
            font font(11)
    }
    first = (c - 1) * first_rows
    set yrange [first + per_column + 0.6:first + 0.4]
    inside(row) = row == row && (c == 2) == (row > first_rows)
    set ytics ("" 0)
    do for [l = 1:loads] {
        if (block_row[l] > 0 && inside(block_row[l])) {
            set label load_title(l) at screen across(begin + 14), first block_row[l] left \
                font font(11)
        }
    }
    do for [i = 1:cells] {
        if (inside(row_of[i])) {
            set ytics add (short(plain(series_name[cell_series[i]])) row_of[i])
        }
    }
    if (c == 1) {
        set label 900 "slower by, %; bar: interval of the median; hollow: not valid;" \
            ." diamond: beyond the edge" \
            .(left_rows < all_rows ? sprintf("; the %s whose launches differ least left out", \
                plural(all_rows - left_rows, "cell")) : "") \
            at screen across(14), screen down(height - 12) left font font(11)
    }
    plot row_of using (0):(inside(row_of[$1]) ? row_of[$1] : NaN):(low($1)):(high($1)) \
            :(row_of[$1] - 0.42):(row_of[$1] + 0.42) \
            :(tint(series_colour[cell_series[$1]], 0.75)) with boxxyerror linecolor rgb variable, \
        row_of using (inside(row_of[$1]) ? 0 : NaN):(row_of[$1] - 0.45):(0):(0.9) \
            with vectors nohead linewidth 1.5 linecolor rgb "#000000", \
        run_cell using (run_cell[$1] ? inside(row_of[run_cell[$1]]) \
            ? held(deviation($1)) : NaN : NaN):(y($1)):(shape($1)):(colour($1)) \
            with points pointtype variable pointsize DOT linecolor rgb variable
    unset label
}
unset multiplot
