# What the figures share: arguments, terminal, colours, and the cells of a run as arrays.
#
#     call here."style.gp" ARG0 ARG1 ARG2 ARG3        script, RUNDIR, OUT, SUBTITLE
#
# Exit statuses of a figure: 1 a file is missing, empty or lacks a column; 3 the run holds no rows
# of the kind the figure draws, so that a caller may skip it; 64 wrong arguments.

reset
set encoding utf8
set datafile separator comma
set key noautotitle
set colorsequence podo
set border 3 linecolor rgb "#808080"
set tics nomirror out scale 0.5 textcolor rgb "#303030"
set grid back linetype 1 linewidth 0.5 linecolor rgb "#e4e4e4"
set style fill solid 1.0 noborder

# An interval: `plot ... using x:low:(0):(high - low) with vectors`, first with arrow style 1, a
# white edge that keeps it visible on any colour, then with 2. (yerrorbars leave a disc behind.)
set style arrow 1 heads size screen 0.0045,90 fixed nofilled linewidth 2.4 linecolor rgb "#ffffff"
set style arrow 2 heads size screen 0.004,90 fixed nofilled linewidth 1 linecolor rgb "#303030"
# From a figure that is a bound to where the truth may lie.
set style arrow 3 head filled size screen 0.008,25 fixed linewidth 1.6 linecolor rgb "#303030"

figure = ARG1
while (strstrt(figure, "/")) { figure = figure[strstrt(figure, "/") + 1:*] }
run = ARG2
out = ARG3
subtitle = ARG4

# --- Arguments and terminal -----------------------------------------------------------------

ends(text, tail) = strlen(text) > strlen(tail) && text[strlen(text) - strlen(tail) + 1:*] eq tail
kind = ends(out, ".svg") ? "svg" : ends(out, ".png") ? "png" \
    : out eq "-" || ends(out, ".txt") ? "text" : ""
if (!strlen(run) || !strlen(kind)) {
    print "usage: gnuplot -c ".figure." RUNDIR OUT SUBTITLE; OUT ends in .svg, .png or .txt" \
        .", or is - for a preview as text"
    exit status 64
}

if (kind eq "text") { set grid linetype nodraw }

# A figure is laid out in pixels of an image 900 wide; each chooses its own height. PNG has twice
# the pixels, and the text preview a line for every 15 of them.
width = 900
height = 520
SVG = "set terminal svg size %d,%d dynamic background rgb 'white' font 'sans-serif,12' noenhanced"
PNG = "set terminal pngcairo size %d,%d font 'sans-serif,9' fontscale 2 linewidth 2 pointscale 2" \
    ." noenhanced"
terminal(h) = kind eq "svg" ? sprintf(SVG, width, h)." name '".figure[1:strlen(figure) - 3]."'" \
    : kind eq "png" ? sprintf(PNG, 2 * width, 2 * h) \
    : sprintf("set terminal dumb noenhanced size 120,%d", h / 15)
OPEN = "eval terminal(height); if (out eq '-') { set output } else { set output out }"

# Positions on the screen, in pixels from the left and from the top.
across(pixels) = pixels / real(width)
down(pixels) = 1 - pixels / real(height)

# The heading: `headline`, and below it the caller's subtitle in as many lines as it needs.
LINE = 140
cut(text, at) = at < 1 ? LINE : text[at:at] eq " " ? at : cut(text, at - 1)
wrapped(text) = strlen(text) <= LINE ? text \
    : text[1:cut(text, LINE)]."\n".wrapped(text[cut(text, LINE) + 1:*])
more_lines(text) = strlen(text) <= LINE ? 0 : 1 + more_lines(text[cut(text, LINE) + 1:*])
heading_height = 52 + 14 * more_lines(subtitle)
# SVG counts fonts in pixels, the cairo terminals in points.
font(pixels) = sprintf(",%g", kind eq "png" ? pixels * 0.75 : pixels)
HEADING = "set label 1 headline at screen across(14), screen down(20)" \
    ." font font(strlen(headline) > 98 ? 11.5 : 15) front;" \
    ." set label 2 wrapped(subtitle) at screen across(14), screen down(39) font font(10)" \
    ." textcolor rgb '#606060' front"

# The axis titles: the vertical one stands above its axis, where it is read without turning the
# head and never runs into the ticks.
titles(x, y) = sprintf("set xlabel '%s' font font(11); set label 3 '%s' at graph 0, graph 1" \
    ." offset character -1, character %g font font(11)", x, y, kind eq "text" ? 1 : 0.9)
# `eval panel(left, right, top, bottom)` places a plot, in pixels.
panel(left, right, top, bottom) = sprintf("set lmargin at screen %.5f;" \
    ." set rmargin at screen %.5f; set tmargin at screen %.5f; set bmargin at screen %.5f", \
    across(left), across(right), down(top), down(bottom))

# --- Tables ---------------------------------------------------------------------------------

quoted = ""
do for [i = 1:strlen(run)] { quoted = quoted.(run[i:i] eq "'" ? "'\\''" : run[i:i]) }
# The output of a command run in the result folder; the empty string when there is no such folder.
shell(command) = system("{ cd '".quoted."' && ".command."; } 2>/dev/null")

first_absent(header, names) = !strlen(names) ? "" \
    : !strstrt(",".header.",", ",".word(names, 1).",") ? word(names, 1) \
    : first_absent(header, names[strlen(word(names, 1)) + 2:*])
header(table) = shell("sed -n '1s/\\r$//;1p' ".table.".csv")
lines(text) = strlen(text) ? text + 0 : 0
rows(table) = lines(shell("sed -n '$=' ".table.".csv")) - 1
# Why `table` cannot be drawn, as one line; empty when it has rows and all columns in `names`.
trouble(table, names) = figure.": ".run."/".table.".csv " \
    .(rows(table) < 0 ? "is missing or empty" \
    : strlen(first_absent(header(table), names)) \
        ? "has no column ".first_absent(header(table), names) \
    : rows(table) == 0 ? "has no rows" : "")
troubled(line) = line[strlen(line):strlen(line)] ne " "

# `eval texts("runs", "run_cell", "cell_id")` makes the array run_cell of the column cell_id of
# runs.csv; the variable `runs` holds the number of its rows. `numbers` does it for numbers, with
# NaN where the field is empty or says that there is none. At the end of a line gnuplot takes the
# line end for the text of an empty field.
number(text) = strlen(text) && strstrt("0123456789.-+", text[1:1]) ? text + 0.0 : NaN
file_of(table) = run."/".table.".csv"
into(table, name, field) = "set datafile columnheaders; array ".name."[".table."];" \
    ." stats file_of('".table."') using (".name."[int(column(0)) + 1] = ".field.", 0) nooutput;" \
    ." unset datafile columnheaders"
texts(table, name, column) = into(table, name, "stringcolumn('".column."')")
numbers(table, name, column) = into(table, name, "number(stringcolumn('".column."'))")

# Sorted lists of numbers, as words.
rest(list) = list[strlen(word(list, 1)) + 2:*]
with(list, x) = !strlen(list) ? sprintf("%.10g", x) \
    : word(list, 1) + 0 == x ? list \
    : word(list, 1) + 0 > x ? sprintf("%.10g %s", x, list) \
    : words(list) == 1 ? sprintf("%s %.10g", list, x) \
    : word(list, 1)." ".with(rest(list), x)
place(list, x) = words(list) == 0 ? 0 : sum [i = 1:words(list)] (word(list, i) + 0 == x ? i : 0)

# --- Cells and series -----------------------------------------------------------------------

# A series is what gets one colour and one line in a legend: a pattern, or another server.

$patterns << EOD
single                   0x000000
readers:direct           0x0072b2
readers:queue            0x56b4e9
balanced:shared          0xe69f00
balanced:per-worker      0x8c6100
acceptors:exclusive      0x009e73
acceptors:blocking       0x00604a
acceptors:herd           0x5fd3a8
acceptors:rotate         0x7a9a01
acceptors:shared-level   0x4d7c0f
acceptors:shared-edge    0xa3b800
acceptors:shared-oneshot 0x2aa5a0
acceptors:mutex          0x8fbf8f
acceptors:one-reader     0x37596b
sharded:hash             0xd55e00
sharded:round-robin      0x8f3f00
sharded:cpu              0xff9a57
sharded:incoming-cpu     0xc23b5a
sharded:load             0xf2a58e
thread-per-connection    0xcc79a7
blocking-pool            0x8e4a74
prefork                  0x7570b3
process-per-core         0x4b4685
descriptor-passing       0xaaa5dc
leader-followers         0x666666
staged                   0x999999
work-stealing            0xa6761d
offload                  0xbfa000
proactor                 0xe7298a
structured               0x1fa6b8
structured:global        0x0b6a78
EOD

# For names that the table lacks, in order of appearance.
OTHERS = "0x332288 0x44aa99 0xaa4499 0x999933 0x882255 0x88ccee 0xcc6677 0x117733 0xddcc77"

# A book holds lines "key<tab>number", each after a newline; `entry` is the number of a key, or 0.
line_of(key, value) = sprintf("%s\t%6d\n", key, value)
at(book, key) = strstrt(book, "\n".key."\t")
entry(book, key) = at(book, key) == 0 ? 0 \
    : int(book[at(book, key) + strlen(key) + 2:at(book, key) + strlen(key) + 7])

# Filled point types in turn; the hollow form of each, for what is not valid, is one less.
filled(k) = word("7 5 9 11 13 15", (k - 1) % 6 + 1) + 0

# What is not about one run needs no cells.
if (exists("without_cells")) { exit }

problem = trouble("cells", "cell_id hist_name server protocol pattern threads connections" \
    ." streams payload_bytes pipeline tls nodelay arrival rate_target verdict")
if (troubled(problem)) { print problem; exit status 1 }
cells = rows("cells")
eval texts("cells", "cell_id", "cell_id")
eval texts("cells", "cell_base", "pattern")
eval texts("cells", "cell_server", "server")
eval texts("cells", "cell_arrival", "arrival")
eval texts("cells", "cell_verdict", "verdict")
eval numbers("cells", "cell_connections", "connections")
eval numbers("cells", "cell_rate", "rate_target")
# What the generator limited counts as a bound: the server does at least this rate, and took at most
# this time of each request (docs/METHOD.md). Everything else but `valid` decides nothing.
bounded(i) = cell_verdict[i] eq "client-bound"
sound(i) = cell_verdict[i] eq "valid" || bounded(i)
array cell_label[cells]
array cell_first[cells]         # the first cell of the same pattern
cell_book = "\n"
base_book = "\n"
do for [i = 1:cells] {
    if (!strlen(cell_base[i])) { cell_base[i] = cell_server[i] }
    cell_label[i] = cell_base[i]
    cell_book = cell_book.line_of(cell_id[i], i)
    if (!at(base_book, cell_base[i])) { base_book = base_book.line_of(cell_base[i], i) }
    cell_first[i] = entry(base_book, cell_base[i])
}

# A task is what is asked, where the table says that it is not the usual request: another path, a
# mix, a connection for each or a few. It belongs to the load.
cell_header = header("cells")
has_column(name) = !strlen(first_absent(cell_header, name))
array cell_task[cells]
do for [i = 1:cells] { cell_task[i] = "" }
task_word(column, value) = column eq "mix" ? "mix ".value \
    : column eq "burst" ? value." at once" \
    : column ne "requests_per_connection" ? value \
    : value eq "1" ? "a connection each" : value." a connection"
unsaid(column, value) = !strlen(value) || column eq "mix" && value eq "none" \
    || column eq "burst" && value eq "1"
do for [column in "path mix requests_per_connection burst"] {
    if (has_column(column)) {
        eval texts("cells", "axis_value", column)
        do for [i = 1:cells] {
            if (!unsaid(column, axis_value[i])) {
                cell_task[i] = cell_task[i].(strlen(cell_task[i]) ? ", " : "") \
                    .task_word(column, axis_value[i])
            }
        }
    }
}
array cell_kin[cells]           # the first cell of the same pattern and task
kin_book = "\n"
do for [i = 1:cells] {
    kin = cell_base[i]." ".cell_task[i]
    if (!at(kin_book, kin)) { kin_book = kin_book.line_of(kin, i) }
    cell_kin[i] = entry(kin_book, kin)
}

# What varies within a pattern besides the load joins the label, so that a label means one curve.
axes = "server protocol threads streams payload_bytes pipeline tls nodelay"
# Tables of earlier versions lack some of these.
later = "handshake quickack cork request_shape reply_shape requests_per_connection"\
    ." connection_rate_target close fastopen rtt_ns link_loss link_rate_bit"
manners = ""
do for [name in later] { if (has_column(name)) { manners = manners." ".name } }
axes = axes.manners
suffix(axis, value) = axis eq "threads" ? " w".value \
    : axis eq "streams" ? " m".value \
    : axis eq "payload_bytes" ? " ".value." B" \
    : axis eq "pipeline" ? " p".value \
    : axis eq "tls" ? " tls ".value \
    : axis eq "nodelay" || axis eq "quickack" || axis eq "cork" ? " ".axis." ".value \
    : axis eq "request_shape" ? " request ".value \
    : axis eq "reply_shape" ? " reply ".value \
    : axis eq "fastopen" ? (value eq "on" ? " Fast Open" : "") \
    : axis eq "rtt_ns" ? sprintf(" rtt %g ms", value * 1e-6) \
    : axis eq "link_loss" ? sprintf(" loss %g %%", value * 100) \
    : axis eq "link_rate_bit" ? (strlen(value) ? sprintf(" %g Mbit/s", value * 1e-6) : "") \
    : " ".value
array cell_manner[cells]        # of those that an earlier version lacks, as one text
do for [i = 1:cells] { cell_manner[i] = "" }
do for [n = 1:words(axes)] {
    eval texts("cells", "axis_value", word(axes, n))
    if (n > words(axes) - words(manners)) {
        do for [i = 1:cells] { cell_manner[i] = cell_manner[i]." ".axis_value[i] }
    }
    varies = sum [i = 1:cells] (axis_value[i] ne axis_value[cell_kin[i]])
    if (varies && !strstrt(" requests_per_connection connection_rate_target ", \
        " ".word(axes, n)." ")) {
        do for [i = 1:cells] {
            cell_label[i] = cell_label[i].suffix(word(axes, n), axis_value[i])
        }
    }
}

# The series in the order of the table, then of appearance; a second label of one pattern gets a
# lighter tint of its colour. Where there is but one pattern, its labels get colours of their own.
channel(colour, bits) = (colour >> bits) & 255
lighter(colour, share, bits) = int(channel(colour, bits) * (1 - share) + 255 * share) << bits
tint(colour, share) = \
    lighter(colour, share, 16) | lighter(colour, share, 8) | lighter(colour, share, 0)

table_book = "\n"
do for [k = 1:|$patterns|] { table_book = table_book.line_of(word($patterns[k], 1), k) }
array base_cell[cells]          # the first cell of a pattern, patterns in the order of the table
array base_colour[cells]
bases = 0
do for [k = 1:|$patterns|] {
    first = entry(base_book, word($patterns[k], 1))
    if (first) {
        bases = bases + 1
        base_cell[bases] = first
        base_colour[bases] = word($patterns[k], 2) + 0
    }
}
strangers = 0
do for [i = 1:cells] {
    if (cell_first[i] == i && !at(table_book, cell_base[i])) {
        bases = bases + 1
        base_cell[bases] = i
        base_colour[bases] = word(OTHERS, strangers % words(OTHERS) + 1) + 0
        strangers = strangers + 1
    }
}

array series_name[cells]
array series_colour[cells]
array cell_series[cells]
series = 0
series_book = "\n"
do for [b = 1:bases] {
    repeats = 0
    do for [i = base_cell[b]:cells] {
        if (cell_first[i] == base_cell[b]) {
            if (!at(series_book, cell_label[i])) {
                series = series + 1
                series_book = series_book.line_of(cell_label[i], series)
                series_name[series] = cell_label[i]
                series_colour[series] = bases > 1 || repeats == 0 \
                    ? tint(base_colour[b], repeats < 4 ? 1 - 0.6 ** repeats : 0.8) \
                    : tint(word(OTHERS, (repeats - 1) % words(OTHERS) + 1) + 0, \
                        0.4 * ((repeats - 1) / words(OTHERS) % 3))
                repeats = repeats + 1
            }
            cell_series[i] = entry(series_book, cell_label[i])
        }
    }
}

# --- Loads ----------------------------------------------------------------------------------

# A load is what the generator did: task, arrivals, connections, rate. `cell_load` is the load of a
# cell and `load_cell` the first cell under a load: the closed loop by task and connections, then
# the open one by arrivals, task, connections and rate. Who subscribes makes no load, nor does who
# searches one: 0.
counts = ""
rates = "0"
arrivals = "closed constant poisson"
tasks = 0
task_book = "\n"
array task_name[cells]
array cell_task_number[cells]
do for [i = 1:cells] {
    # A key is not empty, lest it be found in every line.
    if (!at(task_book, "task ".cell_task[i])) {
        tasks = tasks + 1
        task_name[tasks] = cell_task[i]
        task_book = task_book.line_of("task ".cell_task[i], tasks)
    }
    cell_task_number[i] = entry(task_book, "task ".cell_task[i])
    if (cell_connections[i] != cell_connections[i]) { cell_connections[i] = 0 }
    counts = with(counts, cell_connections[i])
    if (cell_arrival[i] eq "closed" || cell_rate[i] != cell_rate[i]) { cell_rate[i] = 0 }
    rates = with(rates, cell_rate[i])
    if (!strstrt(" ".arrivals." subscribe search ", " ".cell_arrival[i]." ")) {
        arrivals = arrivals." ".cell_arrival[i]
    }
}
array cell_load[cells]
array load_cell[cells]
do for [i = 1:cells] { cell_load[i] = 0 }
asks(i) = cell_arrival[i] ne "subscribe" && cell_arrival[i] ne "search"
askers = sum [i = 1:cells] (asks(i))
loads = 0
matches(i, arrival, t, count, rate) = cell_arrival[i] eq arrival && cell_task_number[i] == t \
    && cell_connections[i] == count && cell_rate[i] == rate
do for [arrival in arrivals] {
    do for [t = 1:tasks] {
        do for [c = 1:words(counts)] {
            do for [r = 1:words(rates)] {
                count = word(counts, c) + 0
                rate = word(rates, r) + 0
                if (sum [i = 1:cells] matches(i, arrival, t, count, rate)) {
                    loads = loads + 1
                    do for [i = cells:1:-1] {
                        if (matches(i, arrival, t, count, rate)) {
                            cell_load[i] = loads
                            load_cell[loads] = i
                        }
                    }
                }
            }
        }
    }
}
task(l) = cell_task[load_cell[l]]
arrival(l) = cell_arrival[load_cell[l]]
connections(l) = cell_connections[load_cell[l]]
rate(l) = cell_rate[load_cell[l]]
closed(l) = arrival(l) eq "closed"
shown_count(n) = n >= 1e6 ? sprintf("%gM", n / 1e6) : n >= 1e4 ? sprintf("%gk", n / 1e3) \
    : sprintf("%g", n)
shown_rate(rate) = rate >= 1000 ? sprintf("%gk/s", rate / 1000.0) : sprintf("%g/s", rate)
plural(n, noun) = shown_count(n)." ".noun.(n == 1 ? "" : "s")
named(arrivals) = arrivals eq "poisson" ? "Poisson" : arrivals
load_title(l) = (strlen(task(l)) ? task(l).", " : "") \
    .(closed(l) ? "closed loop" \
    : sprintf("open loop, %s %s", named(arrival(l)), shown_rate(rate(l)))) \
    .", c".shown_count(connections(l))

# --- Legends and axes -----------------------------------------------------------------------

# The legend stands to the right of everything, made of labels: a key would be cut to the height of
# its panel. `series_note` is what a figure adds to a name; a `series_point` of 0 leaves it out.
array series_note[series]
array series_point[series]
do for [k = 1:series] { series_note[k] = ""; series_point[k] = 0 }
doubtful = 0        # 1 when something hollow is drawn
limited = 0         # 1 when an arrow says that a figure is a bound
LIMITED = "arrow: at least so much"
longest = 0
longest_name = 0    # in characters, of all series
do for [k = 1:series] {
    longest_name = strlen(series_name[k]) > longest_name ? strlen(series_name[k]) : longest_name
}
MEASURE = "do for [k = 1:series] { if (series_point[k] > 0) {" \
    ." longest = strlen(series_name[k].series_note[k]) > longest" \
    ." ? strlen(series_name[k].series_note[k]) : longest } };" \
    ." if ((doubtful || limited) && longest < 20) { longest = 20 };" \
    ." edge = width - 54 - 7 * longest;" \
    ." legend_height = heading_height + 70 + 19 * (sum [k = 1:series] (series_point[k] > 0));" \
    ." if (height < legend_height) { height = legend_height }"
LEGEND = "entries = 0; do for [k = 1:series] { if (series_point[k] > 0) {" \
    ." set label 100 + k series_name[k].series_note[k] at screen across(edge + 28)," \
    ." screen down(heading_height + 14 + 19 * entries) left offset character 1.4, -0.3 front" \
    ." point pointtype series_point[k] pointsize 1.2 linecolor rgb series_colour[k];" \
    ." entries = entries + 1 } };" \
    ." if (doubtful) { set label 100 'hollow: verdict not valid' at screen across(edge + 22)," \
    ." screen down(heading_height + 18 + 19 * entries) left font font(10)" \
    ." textcolor rgb '#606060' front };" \
    ." if (limited) { set label 99 LIMITED at screen across(edge + 22)," \
    ." screen down(heading_height + 18 + 19 * entries + 15 * !!doubtful) left font font(10)" \
    ." textcolor rgb '#606060' front }"

least(a, b) = a != a ? b : b < a ? b : a
# Ticks for seconds on a logarithmic axis: decades, or 1-2-5 where the range is short.
STEPS = "1 2 5"
DECADES = ""
FINE = ""
do for [p = -9:3] {
    unit = p < -6 ? "ns" : p < -3 ? "µs" : p < 0 ? "ms" : "s"
    do for [m = 1:3] {
        step = word(STEPS, m) + 0
        tick = sprintf("'%g %s' %ge%d", step * 10 ** ((p + 9) % 3), unit, step, p)
        FINE = FINE.(strlen(FINE) ? ", " : "").tick
        if (m == 1) { DECADES = DECADES.(strlen(DECADES) ? ", " : "").tick }
    }
}
decade(x) = 10.0 ** floor(log10(x))
lead(x) = x / decade(x)
below(x) = decade(x) * (lead(x) >= 5 ? 5 : lead(x) >= 2 ? 2 : 1)
above(x) = decade(x) * (lead(x) <= 1 ? 1 : lead(x) <= 2 ? 2 : lead(x) <= 5 ? 5 : 10)
# `eval seconds("y", low, high)` scales an axis for durations between two positive bounds.
seconds(axis, low, high) = sprintf("set logscale %s; set %srange [%g:%g]; set %stics (%s)", \
    axis, axis, below(low), above(high * 1.02), axis, high / low > 40 ? DECADES : FINE)
