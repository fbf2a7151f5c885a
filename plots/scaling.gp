#!/usr/bin/env -S gnuplot -c
# Scaling: how does throughput grow with threads or processes, and what keeps it from growing?
here = ARG0
while (strlen(here) && here[strlen(here):*] ne "/") { here = here[1:strlen(here) - 1] }
call here."style.gp" ARG0 ARG1 ARG2 ARG3

problem = trouble("cells", "rps_median rps_ci_lo rps_ci_hi")
if (troubled(problem)) { print problem; exit status 1 }
eval numbers("cells", "crew", "threads")
eval texts("cells", "crew_text", "threads")
eval numbers("cells", "rps", "rps_median")
eval numbers("cells", "rps_low", "rps_ci_lo")
eval numbers("cells", "rps_high", "rps_ci_hi")

# A curve is a series whatever its number of threads, under one load of the closed loop.
mark(i) = " w".crew_text[i]
without(text, mark) = strstrt(text." ", mark." ") == 0 ? text \
    : substr(text, 1, strstrt(text." ", mark." ") - 1) \
        .substr(text, strstrt(text." ", mark." ") + strlen(mark), strlen(text))
name(i) = without(cell_label[i], mark(i))
usable(i) = cell_arrival[i] eq "closed" && cell_load[i] > 0 && rps[i] > 0 && crew[i] > 0
array curve_name[cells]
array curve_load[cells]
array curve_colour[cells]
array curve_size[cells]         # numbers of threads
array curve_point[cells]
array cell_curve[cells]
curves = 0
curve_book = "\n"
do for [i = 1:cells] { cell_curve[i] = 0; curve_point[i] = 7 }
do for [b = 1:bases] {
    repeats = 0
    do for [i = base_cell[b]:cells] {
        if (cell_first[i] == base_cell[b] && usable(i)) {
            key = sprintf("%d %s", cell_load[i], name(i))
            if (!at(curve_book, key)) {
                curves = curves + 1
                curve_book = curve_book.line_of(key, curves)
                curve_name[curves] = name(i)
                curve_load[curves] = cell_load[i]
                curve_colour[curves] = tint(base_colour[b], 1 - 0.6 ** repeats)
                repeats = repeats + 1
            }
            cell_curve[i] = entry(curve_book, key)
        }
    }
}
# Three numbers of threads make a curve; cells of one number are one point of it.
LEAST = 3
do for [c = 1:curves] {
    numbers_seen = ""
    do for [i = 1:cells] {
        if (cell_curve[i] == c) { numbers_seen = with(numbers_seen, crew[i]) }
    }
    curve_size[c] = words(numbers_seen)
}
drawn(c) = c > 0 ? curve_size[c] >= LEAST : 0
panels = 0
array panel_load[loads > 0 ? loads : 1]
array panel_curves[loads > 0 ? loads : 1]
do for [l = 1:loads] {
    n = sum [c = 1:curves] (drawn(c) && curve_load[c] == l)
    if (n) {
        panels = panels + 1
        panel_load[panels] = l
        panel_curves[panels] = n
    }
}
if (!panels) {
    print figure.": no closed loop with three numbers of threads in ".run."/cells.csv"
    exit status 3
}

# The Universal Scalability Law (N. Gunther): X(N) = λN / (1 + α(N - 1) + βN(N - 1)), of which α
# is what N wait for, one after the other, and β what each pair of them exchanges. N/X is linear in
# 1/λ, α/λ and β/λ, so that the fit always ends; the weights make its errors those of X. Neither
# is negative: what would be is left out.
FITTED = 4
set fit quiet nolog
array law_0[curves]
array law_1[curves]
array law_2[curves]
law(c, n) = n / (law_0[c] + law_1[c] * (n - 1) + law_2[c] * n * (n - 1))
do for [c = 1:curves] {
    law_0[c] = NaN
    law_1[c] = 0
    law_2[c] = 0
    if (drawn(c) && curve_size[c] >= FITTED) {
        unit = 0
        set print $curve
        do for [i = 1:cells] {
            if (cell_curve[i] == c) {
                # Relative to some rate of the curve, so that parameters are of the order of 1.
                unit = unit > 0 ? unit : rps[i] / crew[i]
                ratio = unit / rps[i]
                print sprintf("%.10g %.10g %.10g", crew[i], crew[i] * ratio, crew[i] * ratio ** 2)
            }
        }
        unset print
        set datafile separator whitespace
        # gnuplot takes no derivative by a parameter that is 0, which these become 1 at.
        p0 = 1; p1 = 1.1; p2 = 1.01
        linear(n) = p0 + (p1 - 1) * (n - 1) + (p2 - 1) * n * (n - 1)
        fit linear(x) $curve using 1:2:3 yerrors via p0, p1, p2
        if (p2 < 1) { p2 = 1; fit linear(x) $curve using 1:2:3 yerrors via p0, p1 }
        if (p1 < 1 && p2 > 1) { p1 = 1; fit linear(x) $curve using 1:2:3 yerrors via p0, p2 }
        if (p1 < 1 || p2 < 1) { p1 = 1; p2 = 1; fit linear(x) $curve using 1:2:3 yerrors via p0 }
        set datafile separator comma
        if (p0 > 0) {
            law_0[c] = p0 / unit
            law_1[c] = (p1 - 1) / unit
            law_2[c] = (p2 - 1) / unit
        }
    }
}
fitted(c) = law_0[c] == law_0[c]
# What is left of arithmetic alone is nothing.
clean(x) = x < 1e-6 ? 0 : x
digits(x, unit) = floor(x / unit + 0.5) * unit
parameters(c) = fitted(c) ? sprintf("λ %s, α %.2g, β %.2g", \
    shown_rate(digits(1 / law_0[c], decade(1 / law_0[c]) / 100)), clean(law_1[c] / law_0[c]), \
    clean(law_2[c] / law_0[c])) : ""

most = 0
least_crew = NaN
most_crew = 0
longest = 24
do for [i = 1:cells] {
    if (drawn(cell_curve[i])) {
        most = rps[i] > most ? rps[i] : most
        most = rps_high[i] > most ? rps_high[i] : most
        least_crew = least(least_crew, crew[i])
        most_crew = crew[i] > most_crew ? crew[i] : most_crew
        doubtful = doubtful || !sound(i)
        limited = limited || bounded(i)
        length = strlen(curve_name[cell_curve[i]])
        longest = length > longest ? length : longest
    }
}
thousands = most >= 2000
scale = thousands ? 1e-3 : 1

headline = "Throughput over threads or processes, closed loop" \
    .((sum [c = 1:curves] fitted(c)) ? " (line: Universal Scalability Law)" : "")
edge = width - 54 - 7 * longest
TALL = 250
tall(p) = 34 * panel_curves[p] + 24 > TALL ? 34 * panel_curves[p] + 24 : TALL
first_top = heading_height + 26
height = first_top + (sum [p = 1:panels] (tall(p) + 80)) + 10
eval OPEN
set multiplot
eval HEADING
set logscale x 2
set xrange [least_crew / 1.15:most_crew * 1.15]
set xtics ("" 1)
do for [i = 1:cells] { if (drawn(cell_curve[i])) { set xtics add (crew_text[i] crew[i]) } }
to(i) = bounded(i) ? rps[i] : rps_high[i]
shows(i, c, valid) = cell_curve[i] == c && sound(i) == valid
top = first_top
do for [p = 1:panels] {
    l = panel_load[p]
    panel_curve(c) = drawn(c) ? curve_load[c] == l : 0
    in_panel(i) = panel_curve(cell_curve[i])
    eval panel(66, edge, top, top + tall(p))
    eval titles("threads or processes", load_title(l).": ".(thousands ? "thousand " : "") \
        ."requests/s (median and its interval)")
    most = 0
    do for [i = 1:cells] {
        if (in_panel(i)) {
            most = rps[i] > most ? rps[i] : most
            most = rps_high[i] > most ? rps_high[i] : most
        }
    }
    set yrange [0:most * scale * (limited ? 1.12 : 1.06)]
    n = 0
    do for [c = 1:curves] {
        if (drawn(c) && curve_load[c] == l) {
            set label 100 + 2 * n curve_name[c] at screen across(edge + 28), \
                screen down(top + 10 + 34 * n) left offset character 1.4, -0.3 \
                point pointtype filled(n + 1) pointsize 1.2 linecolor rgb curve_colour[c]
            set label 101 + 2 * n parameters(c) at screen across(edge + 28), \
                screen down(top + 25 + 34 * n) left offset character 1.4, -0.3 font font(10) \
                textcolor rgb "#606060"
            n = n + 1
            curve_point[c] = filled(n)
        }
    }
    if (p == 1 && limited) {
        set label 97 LIMITED at screen across(edge + 22), \
            screen down(top + 14 + 34 * n + 15 * !!doubtful) left font font(10) \
            textcolor rgb "#606060"
    }
    if (p == 1 && doubtful) {
        set label 98 "hollow: verdict not valid" at screen across(edge + 22), \
            screen down(top + 14 + 34 * n) left font font(10) textcolor rgb "#606060"
    }
    plot for [c = 1:curves] [least_crew:most_crew] \
            '+' using 1:(panel_curve(c) && fitted(c) ? law(c, $1) * scale : NaN) with lines \
            linewidth 1.5 linecolor rgb curve_colour[c], \
        for [s = 1:2] rps using (in_panel($1) ? crew[$1] : NaN):(rps_low[$1] * scale):(0) \
            :((to($1) - rps_low[$1]) * scale) with vectors arrowstyle s, \
        rps using (in_panel($1) && bounded($1) ? crew[$1] : NaN):(rps[$1] * scale):(0) \
            :(most * 0.08 * scale) with vectors arrowstyle 3, \
        for [c = 1:curves] rps \
            using (panel_curve(c) && shows($1, c, 1) ? crew[$1] : NaN):(rps[$1] * scale) \
            with points pointtype curve_point[c] pointsize 1.1 linecolor rgb curve_colour[c], \
        for [c = 1:curves] rps \
            using (panel_curve(c) && shows($1, c, 0) ? crew[$1] : NaN):(rps[$1] * scale) \
            with points pointtype (curve_point[c] - 1) pointsize 1.1 linewidth 1.5 \
            linecolor rgb curve_colour[c]
    unset label
    top = top + tall(p) + 80
}
unset multiplot
