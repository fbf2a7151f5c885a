#!/usr/bin/env -S gnuplot -c
# Forest: which cells changed between two runs, by how much, and how sure is that?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
without_cells = 1
call here."style.gp" ARG0 ARG1 ARG2 ARG3

# A run of a matrix has no comparison: skipped, not wrong.
if (rows("compare") < 0) { print figure.": ".run." holds no comparison"; exit status 3 }
# Of many rows, those to be drawn stand in a table of their own; that all others are left out must
# be said.
all_rows = rows("compare")
table = rows("forest") > 0 ? "forest" : "compare"
problem = trouble(table, "cell_id metric better tier ratio ci_lo ci_hi verdict")
if (troubled(problem)) { print problem; exit status 1 }
forest = rows(table)
compare = forest
eval texts(table, "row_cell", "cell_id")
eval texts(table, "row_metric", "metric")
eval texts(table, "row_better", "better")
eval texts(table, "row_tier", "tier")
eval texts(table, "row_verdict", "verdict")
eval numbers(table, "row_ratio", "ratio")
eval numbers(table, "row_low", "ci_lo")
eval numbers(table, "row_high", "ci_hi")

# Worse is to the right whichever way the metric points.
sign(i) = row_better[i] eq "higher" ? -1 : 1
percent(i, ratio) = 100 * (ratio ** sign(i) - 1)
off(i) = related(i) ? percent(i, row_ratio[i]) : 1e9 * directed(row_verdict[i])
least_off(i) = percent(i, sign(i) > 0 ? row_low[i] : row_high[i])
most_off(i) = percent(i, sign(i) > 0 ? row_high[i] : row_low[i])
related(i) = row_ratio[i] == row_ratio[i] && row_ratio[i] > 0
# A change from zero has a direction and no ratio: it stands at the edge.
directed(verdict) = verdict eq "better" ? -1 : verdict eq "worse" || verdict eq "REGRESSION"
drawable(i) = related(i) || directed(row_verdict[i])

LIMIT = 60
widest = 2.0
longest = 10
# Of a longer name the middle is left out: the ends tell cells apart, and the figure needs its room.
NAME = 72
# The words for the columns of runs.csv that are compared; a name of one's own stays as it is.
$words << EOD
rps                    requests/s
srv_cpu_ns_per_req     CPU time a request, µs
p50_ns                 median latency, µs
p90_ns                 p90 latency, µs
p99_ns                 p99 latency, µs
p999_ns                p99.9 latency, µs
max_ns                 longest latency, µs
srv_syscalls_per_req   system calls a request
srv_epoll_wait_per_req epoll waits a request
srv_ctxsw_vol_per_req  sleeps a request
srv_rss_peak_bytes     peak memory, MiB
worker_balance_cv      unevenness of workers, CV
EOD
trimmed(text) = text[1:1] eq " " ? trimmed(text[2:*]) : text
words_at(metric, k) = k > |$words| ? metric \
    : word($words[k], 1) eq metric ? trimmed($words[k][strlen(metric) + 1:*]) \
    : words_at(metric, k + 1)
shortened(text, most) = strlen(text) <= most ? text \
    : text[1:most / 2]."…".text[strlen(text) - most + most / 2 + 2:*]
name(i) = shortened(shortened(row_cell[i], NAME - 2 - strlen(metric_words(i))) \
    ."  ".metric_words(i), NAME)
metric_words(i) = words_at(row_metric[i], 1)
candidates = sum [i = 1:forest] drawable(i)
if (!candidates) {
    print figure.": no row of ".run."/".table.".csv has a ratio or a finding"
    exit status 3
}
count = candidates < LIMIT ? candidates : LIMIT
array shown[count]
row_count = 0
unrelated = 0
do for [i = 1:forest] {
    if (drawable(i) && row_count < count) {
        row_count = row_count + 1
        shown[row_count] = i
        widest = related(i) && abs(off(i)) > widest ? abs(off(i)) : widest
        unrelated = unrelated + !related(i)
        length = strlen(name(i))
        longest = length > longest ? length : longest
    }
}
# Intervals of small samples may be endless: the figure reaches half as far again as the estimates.
limit = widest * 1.5 > 100 ? 100 : widest * 1.5 < 5 ? 5 : widest * 1.5
held(x) = x != x ? NaN : x > limit ? limit : x < -limit ? -limit : x

colour_of(verdict) = verdict eq "worse" || verdict eq "REGRESSION" ? 0xc23b22 \
    : verdict eq "better" ? 0x1a7f37 : verdict eq "same" || verdict eq "PASS" ? 0x404040 : 0x9a9a9a
point_of(verdict, related) = !related ? 13 \
    : verdict eq "unproven" || verdict eq "INCONCLUSIVE" ? 6 : 7
colour(k) = colour_of(row_verdict[shown[k]])

headline = "Change of the candidate against the base, 99 % interval"
if (row_count < all_rows) {
    headline = headline.sprintf(" (%d of %d rows)", row_count, all_rows)
}
# A character of the text preview is 7.5 pixels wide.
left = 30 + (kind eq "text" ? 7.7 : 7) * longest
right = width - 24
top = heading_height + 30
# The text preview has a line for every 15 pixels, and a row needs one of its own.
ROW = kind eq "text" ? 30 : 17
foot = 74 + 15 * !!unrelated
height = top + ROW * row_count + foot
eval OPEN
eval HEADING
eval panel(left, right, top, height - foot)
legend = "left of 0: better; hollow: proves nothing; shaded: too small to count"
if (unrelated) { legend = legend."\ndiamond at the edge: from or to zero, without a ratio" }
set xlabel "worse by, %\n".legend font font(11)
set xrange [-limit * 1.03:limit * 1.03]
set yrange [row_count + 0.6:0.4]
set ytics scale 0 ("" 0)
set grid noytics
set arrow 1 from 0, graph 0 to 0, graph 1 nohead linewidth 1 linecolor rgb "#808080" back
do for [k = 1:row_count] {
    set ytics add (name(shown[k]) k)
}
# The dead band of each metric, within which nothing counts.
band(k) = row_tier[shown[k]] eq "wide" ? 5 : row_tier[shown[k]] eq "paired" ? 1 : 0
bounded(k) = least_off(shown[k]) == least_off(shown[k])
unset key
plot shown using (0):1:(held(-band($1))):(held(band($1))) \
        :($1 - 0.5):($1 + 0.5):(0xeeeeee) with boxxyerror linecolor rgb variable, \
    shown using (bounded($1) ? held(least_off(shown[$1])) : NaN):1 \
        :(held(most_off(shown[$1])) - held(least_off(shown[$1]))):(0):(colour($1)) \
        with vectors nohead linewidth 2 linecolor rgb variable, \
    shown using (held(off(shown[$1]))):1 \
        :(point_of(row_verdict[shown[$1]], related(shown[$1]))):(colour($1)) \
        with points pointtype variable pointsize 0.8 linecolor rgb variable
