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
sound(j) = run_verdict[j] eq "valid"

if (!(sum [j = 1:runs] (deviation(j) == deviation(j)))) {
    print figure.": no launch of ".run."/runs.csv belongs to a cell with a median"
    exit status 3
}

# Launches beyond the limit stand at the edge, as diamonds.
LIMIT = 30
limit = widest > LIMIT ? LIMIT : widest < 5 ? 5 : 5 * ceil(widest / 5)
held(x) = x > limit ? limit : x < -limit ? -limit : x
shape(j) = (abs(deviation(j)) > limit ? 13 : 7) - (sound(j) ? 0 : 1)
colour(j) = run_cell[j] ? series_colour[cell_series[run_cell[j]]] : 0

# A row for each cell, in blocks by load.
array row_of[cells]
do for [i = 1:cells] { row_of[i] = NaN }
array block_row[loads]
row_count = 0
do for [l = 1:loads] {
    row_count = row_count + 1
    block_row[l] = row_count
    do for [k = 1:series] {
        do for [i = 1:cells] {
            if (cell_load[i] == l && cell_series[i] == k) {
                row_count = row_count + 1
                row_of[i] = row_count
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
left = 30 + 7 * (longest_name < 27 ? 27 : longest_name)
right = width - 20
order_top = heading_height + 26
strip_top = order_top + 140 + 62
height = strip_top + 16 * row_count + 58
eval OPEN
set multiplot
eval HEADING
eval panel(left, right, order_top, order_top + 140)
eval titles(slices ? "launches in the order of the run (line: mean of each twentieth of them)" \
    : "launches in the order of the run", "slower by, %")
set xrange [0.5:runs + 0.5]
if (runs < 10) { set xtics 1 }
set yrange [-limit * 1.04:limit * 1.04]
set xzeroaxis linetype 1 linewidth 0.7 linecolor rgb "#808080"
plot run_cell using (run_cell[$1] ? $1 : NaN):(held(deviation($1))):(shape($1)):(colour($1)) \
        with points pointtype variable pointsize 0.45 linecolor rgb variable, \
    for [s = 0:(slices ? 1 : -1)] drift using (($1 - 0.5) * runs / SLICES):(drift[$1]) with lines \
        linewidth 5 - 3 * s linecolor rgb word("#ffffff #000000", s + 1)
unset label

eval panel(left, right, strip_top, height - 58)
eval titles("slower by, %" \
    ." (bar: interval of the median; hollow: not valid; diamond: beyond the edge)", "")
set xtics autofreq
set xrange [-limit * 1.04:limit * 1.04]
set yrange [row_count + 0.6:0.4]
unset xzeroaxis
set ytics scale 0 ("" 0)
set grid noytics
do for [l = 1:loads] {
    set label load_title(l) at screen across(14), first block_row[l] left
}
do for [i = 1:cells] {
    if (asks(i)) { set ytics add (series_name[cell_series[i]] row_of[i]) }
}
low(i) = held(off(i, is_closed(i) ? rps_low[i] : p50_low[i]))
high(i) = held(off(i, is_closed(i) ? rps_high[i] : p50_high[i]))
plot row_of using (0):(row_of[$1]):(low($1)):(high($1)) \
        :(row_of[$1] - 0.42):(row_of[$1] + 0.42) \
        :(tint(series_colour[cell_series[$1]], 0.75)) with boxxyerror linecolor rgb variable, \
    row_of using (middle($1) > 0 ? 0 : NaN):(row_of[$1] - 0.45):(0):(0.9) \
        with vectors nohead linewidth 1.5 linecolor rgb "#000000", \
    run_cell using (run_cell[$1] ? held(deviation($1)) : NaN):(y($1)):(shape($1)):(colour($1)) \
        with points pointtype variable pointsize 0.45 linecolor rgb variable
unset multiplot
