#!/usr/bin/env -S gnuplot -c
# Slopes: how many round trips does a request wait for?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

if (rows("slopes") < 0) {
    print figure.": no cells that differ in their round-trip time alone in ".run
    exit status 3
}
problem = trouble("slopes", "name slope intercept_ns verdict points")
if (troubled(problem)) { print problem; exit status 1 }
slopes = rows("slopes")
eval texts("slopes", "line_name", "name")
eval texts("slopes", "line_verdict", "verdict")
eval texts("slopes", "line_points", "points")
eval numbers("slopes", "slope", "slope")
eval numbers("slopes", "intercept", "intercept_ns")

# A point is rtt_ns:p50_ns; both are drawn in milliseconds.
cut_at(text) = strstrt(text, ":")
before(text) = cut_at(text) > 1 ? number(substr(text, 1, cut_at(text) - 1)) * 1e-6 : NaN
behind(text) = cut_at(text) > 1 ? number(substr(text, cut_at(text) + 1, strlen(text))) * 1e-6 : NaN
points = sum [i = 1:slopes] words(line_points[i])
usable = 0
right = 0
top_time = 0
if (points > 0) {
    array point_line[points]
    array point_x[points]
    array point_y[points]
    points = 0
    do for [i = 1:slopes] {
        do for [k = 1:words(line_points[i])] {
            points = points + 1
            point_line[points] = i
            point_x[points] = before(word(line_points[i], k))
            point_y[points] = behind(word(line_points[i], k))
            if (point_x[points] >= 0 && point_y[points] >= 0) {
                usable = usable + 1
                right = point_x[points] > right ? point_x[points] : right
                top_time = point_y[points] > top_time ? point_y[points] : top_time
            }
        }
    }
}
if (usable == 0 || right == 0 || top_time == 0) {
    print figure.": no line of ".run."/slopes.csv has a median"
    exit status 3
}

# A line is drawn from the left edge, where its intercept is, to the last point of all.
array line_end[2 * slopes]
array line_x[2 * slopes]
array line_y[2 * slopes]
has_line(i) = slope[i] == slope[i] && intercept[i] == intercept[i]
do for [i = 1:slopes] {
    do for [k = 0:1] {
        line_end[2 * i - k] = i
        line_x[2 * i - k] = k == 1 ? 0 : right
        line_y[2 * i - k] = has_line(i) ? intercept[i] * 1e-6 + slope[i] * line_x[2 * i - k] : NaN
    }
}

# Its own legend: a line a name, with its slope, the steepest on top as in the figure.
series = slopes
array order[slopes]
array series_name[slopes]
array series_note[slopes]
array series_point[slopes]
array series_colour[slopes]
rank(i) = slope[i] == slope[i] ? slope[i] : -1e9
steeper(i, k) = rank(i) > rank(k) || (rank(i) == rank(k) && i < k)
do for [i = 1:slopes] {
    place_of = 1 + sum [k = 1:slopes] (k != i && steeper(k, i))
    order[place_of] = i
}
do for [k = 1:slopes] {
    i = order[k]
    series_name[k] = line_name[i]
    series_note[k] = slope[i] == slope[i] ? sprintf("  %.2f", slope[i]) : ""
    series_point[k] = filled(k)
    series_colour[k] = word(OTHERS, (k - 1) % words(OTHERS) + 1) + 0
    doubtful = doubtful || line_verdict[i] ne "valid"
}

headline = "Median latency over the round-trip time, and how many round trips it is"
height = heading_height + 60 + (slopes > 22 ? 19 * slopes : 420)
eval MEASURE
eval OPEN
set multiplot
eval HEADING
eval LEGEND
eval panel(66, edge, heading_height + 26, height - 50)
eval titles("round-trip time, ms", "median latency, ms")
set xrange [0:right * 1.04]
set yrange [0:top_time * 1.06]
sound(k) = line_verdict[order[k]] eq "valid"
plot for [k = 1:series] line_end \
        using (line_end[$1] == order[k] ? line_x[$1] : NaN):(line_y[$1]) with lines \
        linewidth 1.5 linecolor rgb series_colour[k], \
    for [k = 1:series] point_line \
        using (point_line[$1] == order[k] ? point_x[$1] : NaN):(point_y[$1]) with points \
        pointtype (filled(k) - (sound(k) ? 0 : 1)) pointsize 0.9 linewidth 1.5 \
        linecolor rgb series_colour[k]
unset multiplot
