#!/usr/bin/env -S gnuplot -c
# Effect: does an effect that textbooks tell of happen here? RUNDIR holds effects.csv and
# effect_points.csv; a fourth argument names the effect, without one it is the first of the table.
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
without_cells = 1
effect = ARG4
call here."style.gp" ARG0 ARG1 ARG2 ARG3

problem = trouble("effects", "name effect setting published published_figure predicted_lo" \
    ." predicted_hi expected unit measured verdict reason shape x_title y_title")
if (troubled(problem)) { print problem; exit status 1 }
effects = rows("effects")
# Of a text in quotes gnuplot takes what stands before its first comma: another sign that looks the
# same takes its place.
file_of(table) = "< cd '".quoted."' && sed -E -e ':a'" \
    ." -e 's/^(([^\"]*\"[^\"]*\")*[^\"]*\"[^\",]*),/\\1‚/' -e ta ".table.".csv"
eval texts("effects", "row_name", "name")
eval texts("effects", "row_effect", "effect")
eval texts("effects", "row_setting", "setting")
eval texts("effects", "row_published", "published")
eval texts("effects", "row_unit", "unit")
eval texts("effects", "row_verdict", "verdict")
eval texts("effects", "row_reason", "reason")
eval texts("effects", "row_shape", "shape")
eval texts("effects", "row_x", "x_title")
eval texts("effects", "row_y", "y_title")
eval numbers("effects", "published", "published_figure")
eval numbers("effects", "low", "predicted_lo")
eval numbers("effects", "high", "predicted_hi")
eval numbers("effects", "expected", "expected")
eval numbers("effects", "measured", "measured")

# The rows of the effect, and the greatest and the least that is drawn of them.
if (!strlen(effect)) { effect = row_effect[1] }
greater(a, b) = a != a ? b : b != b ? a : a > b ? a : b
lesser(a, b) = -greater(-a, -b)
array shown[effects]
count = 0
row_book = "\n"
least_seen = NaN
most_seen = NaN
any_measured = 0
any_published = 0
any_expected = 0
do for [i = 1:effects] {
    if (row_effect[i] eq effect) {
        count = count + 1
        shown[count] = i
        row_book = row_book.line_of(row_name[i], count)
        any_measured = any_measured || measured[i] == measured[i]
        any_published = any_published || published[i] == published[i]
        any_expected = any_expected || expected[i] == expected[i]
        do for [k = 1:5] {
            x = k == 1 ? low[i] : k == 2 ? high[i] : k == 3 ? expected[i] \
                : k == 4 ? published[i] : measured[i]
            most_seen = greater(most_seen, x)
            least_seen = lesser(least_seen, x > 0 ? x : NaN)
        }
    }
}
if (!count) { print figure.": ".run."/effects.csv has no effect ".effect; exit status 3 }
if (!any_measured) { print figure.": no row of ".effect." was measured"; exit status 3 }

# The points behind the rows: number of the row, kind, x and y; a block without lines can't be
# plotted.
$points << EOD
0 0 NaN NaN
EOD
shape = row_shape[shown[1]]
kinds = "measured simulated predicted"
points = 0
if (strlen(shape) && rows("effect_points") > 0) {
    problem = trouble("effect_points", "name kind x y")
    if (troubled(problem)) { print problem; exit status 1 }
    kind_number(name) = name eq "measured" ? 1 : name eq "simulated" ? 2 : 3
    set datafile columnheaders
    set table $points
    plot run."/effect_points.csv" using (entry(row_book, stringcolumn("name"))) \
        :(kind_number(stringcolumn("kind"))):(number(stringcolumn("x"))) \
        :(number(stringcolumn("y"))) with table if (entry(row_book, stringcolumn("name")) > 0)
    unset table
    unset datafile columnheaders
    points = |$points|
}
# A point has two numbers.
part(line, k) = word($points[line], k)
whole(line) = part(line, 3) ne "NaN" && part(line, 4) ne "NaN"
array kind_used[3] = [0, 0, 0]
least_x = NaN
most_x = NaN
most_y = NaN
do for [p = 1:points] {
    if (whole(p)) {
        kind_used[int(part(p, 2))] = 1
        least_x = lesser(least_x, part(p, 3) > 0 ? part(p, 3) + 0.0 : NaN)
        most_x = greater(most_x, part(p, 3) + 0.0)
        most_y = greater(most_y, part(p, 4) + 0.0)
        if (shape eq "rounds") {
            most_seen = greater(most_seen, part(p, 4) + 0.0)
            least_seen = lesser(least_seen, part(p, 4) > 0 ? part(p, 4) + 0.0 : NaN)
        }
    }
}
drawable = kind_used[1] + kind_used[2] + kind_used[3] > 0
below_rows = drawable && shape ne "rounds"
rounds = drawable && shape eq "rounds"

# A logarithmic axis where a linear one would hide what is small.
long_range(low, high) = low == low && high > 30 * low
TICKS = ""
do for [p = -4:6] {
    do for [m = 1:3] {
        tick = word("1 2 5", m) * 10.0 ** p
        TICKS = TICKS.(strlen(TICKS) ? ", " : "").sprintf("'%g' %g", tick, tick)
    }
}
scaled(low, high) = long_range(low, high) \
    ? sprintf("set logscale x; set xrange [%g:%g]; set xtics (%s)", low / 1.5, high * 1.5, TICKS) \
    : sprintf("unset logscale x; set xrange [0:%g]; set xtics autofreq", \
        high > 0 ? high * 1.12 : 1)

# What stands above each row.
exact(x) = sprintf("%.3g", x)
bounds(i) = low[i] == low[i] && high[i] == high[i] \
        ? (low[i] == high[i] ? exact(low[i]) : exact(low[i])." to ".exact(high[i])) \
    : low[i] == low[i] ? "at least ".exact(low[i]) \
    : high[i] == high[i] ? "at most ".exact(high[i]) : "any"
oracle = kind_used[2] ? "simulated" : "computed"
finding(i) = measured[i] == measured[i] \
    ? "measured ".exact(measured[i])." ".row_unit[i] : "not measured: ".row_reason[i]
detail(i) = finding(i)."; predicted ".bounds(i) \
    .(expected[i] == expected[i] ? ", ".oracle." ".exact(expected[i]) : "") \
    .(row_published[i] eq "none published" ? "; " : "; published: ").row_published[i]
name(i) = substr(row_name[i], strlen(effect) + 2, strlen(row_name[i]))
verdict_colour(i) = row_verdict[i] eq "holds" ? 0x1a7f37 : row_verdict[i] eq "fails" ? 0xc23b22 \
    : 0x9a9a9a
colour(k) = word(OTHERS, (k - 1) % words(OTHERS) + 1) + 0

longest = 0
do for [k = 1:count] {
    longest = strlen(name(shown[k])) > longest ? strlen(name(shown[k])) : longest
}
ROW = kind eq "text" ? 75 : 56
left = 34 + 7.2 * (longest < 6 ? 6 : longest)
right = width - 18
top = heading_height + 26
bottom = top + ROW * count
LOWER = 300
height = bottom + 52 + (below_rows ? LOWER + 44 : 0)
headline = "Effect ".effect.": measured here, predicted and published"
eval OPEN
set multiplot
eval HEADING

# The legend, in one line below the heading.
legend_x = left
legend_y = heading_height + 6
legend_tag = 10
entry_label(text) = sprintf("set label legend_tag '%s' at screen %g, screen %g left" \
    ." offset character 1.2, 0 font font(10)", text, across(legend_x), down(legend_y))
place_entry(text, mark) = entry_label(text)." point ".mark."; legend_tag = legend_tag + 1;" \
    .sprintf(" legend_x = legend_x + %d", 36 + 6 * strlen(text))
eval place_entry("holds", "pointtype 7 linecolor rgb '#1a7f37'")
eval place_entry("fails", "pointtype 7 linecolor rgb '#c23b22'")
if (rounds) { eval place_entry("each round", "pointtype 6 linecolor rgb '#606060'") }
eval place_entry("predicted", "pointtype 5 linecolor rgb '#cfe3f5'")
if (any_expected) { eval place_entry(oracle, "pointtype 9 linecolor rgb '#0072b2'") }
if (any_published) { eval place_entry("published", "pointtype 12 linecolor rgb '#000000'") }

eval panel(left, right, top, bottom)
set xlabel row_unit[shown[1]] font font(11)
eval scaled(least_seen, most_seen)
set yrange [count + 0.5:0.5]
at_row = 0.24           # below the texts of its row
set ytics scale 0 ("" 0)
set grid noytics xtics
do for [k = 1:count] {
    i = shown[k]
    set label 1000 + k name(i) at graph 0, first k + at_row right offset character -1, 0 \
        textcolor rgb (below_rows ? colour(k) : 0) font font(12)
    set label 2000 + k row_setting[i] at graph 0, first k - 0.36 left \
        offset character 0.6, 0 font font(10) textcolor rgb "#606060" front
    set label 3000 + k detail(i) at graph 0, first k - 0.1 left \
        offset character 0.6, 0 font font(10) front
}
# Where a bound is missing the band goes to the edge.
edge_low = long_range(least_seen, most_seen) ? least_seen / 1.5 : 0
edge_high = long_range(least_seen, most_seen) ? most_seen * 1.5 : most_seen * 1.12
from(i) = low[i] == low[i] ? low[i] : edge_low
to(i) = high[i] == high[i] ? high[i] : edge_high
# A band of one figure is seen as well.
hair = (edge_high - edge_low) * 0.002
thin(i) = low[i] == high[i] ? hair : 0
array drawn[count]
do for [k = 1:count] { drawn[k] = shown[k] }
set datafile separator whitespace
plot drawn using (from(drawn[$1])):($1 + at_row):(from(drawn[$1]) - thin(drawn[$1])) \
        :(to(drawn[$1]) + thin(drawn[$1])):($1 + at_row - 0.15):($1 + at_row + 0.15) \
        with boxxyerror linecolor rgb "#cfe3f5", \
    $points using (rounds ? $4 : NaN):($1 + at_row) with points pointtype 6 pointsize 0.7 \
        linecolor rgb "#606060", \
    drawn using (expected[drawn[$1]]):($1 + at_row) with points pointtype 9 pointsize 1.2 \
        linecolor rgb "#0072b2", \
    drawn using (published[drawn[$1]]):($1 + at_row) with points pointtype 12 pointsize 1.6 \
        linewidth 1.5 linecolor rgb "#000000", \
    drawn using (measured[drawn[$1]]):($1 + at_row):(verdict_colour(drawn[$1])) with points \
        pointtype 7 pointsize 1 linecolor rgb variable
unset label

# Below, what is behind the figures: a colour a row.
if (below_rows) {
    top = bottom + 88
    dashed = kind_used[2] ? "dashed: simulated" : kind_used[3] ? "dashed: predicted" : ""
    edge = width - 60 - 7 * (strlen(dashed) && longest < 14 ? 14 : longest)
    eval panel(66, edge, top, top + LOWER - 50)
    eval titles(row_x[shown[1]], row_y[shown[1]])
    set ytics autofreq scale 0.5
    set grid xtics ytics
    set xtics autofreq
    do for [k = 1:count] {
        if (measured[shown[k]] == measured[shown[k]]) {
            set label 1000 + k name(shown[k]) at screen across(edge + 28), \
                screen down(top + 12 + 19 * k) left offset character 1.4, -0.3 font font(12) \
                point pointtype (shape eq "launches" ? filled(k) : 7) linecolor rgb colour(k)
        }
    }
    set label 2000 dashed at screen across(edge + 22), screen down(top + 24 + 19 * (count + 1)) \
        left font font(10) textcolor rgb "#606060"
    eval scaled(least_x, most_x)
    set yrange [0:shape eq "distribution" || shape eq "parts" ? 100 : most_y * 1.08]
    if (shape eq "parts") {
        # A group of bars a row, a bar a part.
        set xrange [0.5:count + 0.5]
        set xtics scale 0 ("" 0)
        do for [k = 1:count] { set xtics add (name(shown[k]) k) }
        bar = 0.8 / (most_x > 0 ? most_x : 1)
        plot for [k = 1:count] $points \
            using ($1 == k ? k + ($3 - (most_x + 1) / 2) * bar : NaN):4:(bar * 0.9) \
            with boxes linecolor rgb colour(k)
    } else { if (shape eq "launches") {
        # Side by side, where rows have the same.
        plot for [k = 1:count] $points using ($1 == k ? $3 + 0.2 * (k - 1) : NaN):4 with points \
            pointtype filled(k) pointsize 0.9 linecolor rgb colour(k)
    } else {
        plot for [k = 1:count] $points using ($1 == k && $2 > 1 ? $3 : NaN):4 with lines \
                dashtype 2 linewidth 1.2 linecolor rgb colour(k), \
            for [k = 1:count] $points using ($1 == k && $2 == 1 ? $3 : NaN):4 with lines \
                linewidth 2 linecolor rgb colour(k), \
            for [k = 1:count] $points \
                using (shape eq "curve" && $1 == k && $2 == 1 ? $3 : NaN):4 with points \
                pointtype 7 linecolor rgb colour(k)
    } }
}
unset multiplot
