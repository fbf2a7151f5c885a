# The front door. A recipe is one call; what is more than a call lives in the programs of Sources,
# in switchyard-micro (Benchmarks/Micro) or in scripts/set-up. Every target does its own set-up.

RELEASE := .build/release
PROGRAMS := switchyard switchyard-server switchyard-load
# Programs that need no Swift where they run, and what is made of them.
STATIC := .build-static
PREFIX ?= /usr/local
RUN ?= results/latest
FUZZ_SECONDS ?= 10
RUN_TESTS := scripts/run-tests

.DEFAULT_GOAL := help
# The compiler uses every core by itself, and measurements bear no company.
.NOTPARALLEL:
.DELETE_ON_ERROR:

##@ To measure

.PHONY: bench
bench: programs ready-to-plot ## run the benchmark matrix, write results/ and draw it
	$(RELEASE)/switchyard run Benchmarks/default.json5 $(if $(PROFILE),--profile '$(PROFILE)') \
	    $(if $(FILTER),--filter '$(FILTER)')

.PHONY: https
https: programs ready-to-plot ## measure and draw the ways to HTTPS over round trips (12 minutes)
	$(RELEASE)/switchyard run Benchmarks/https.json5 $(if $(PROFILE),--profile '$(PROFILE)')

.PHONY: resume
resume: programs ready-to-plot ## go on with an interrupted run
	$(RELEASE)/switchyard resume '$(RUN)'

.PHONY: plots
plots: programs ready-to-plot ## draw a run's figures again
	$(RELEASE)/switchyard plot '$(RUN)'

.PHONY: report
report: programs ## write a run's HTML report again
	$(RELEASE)/switchyard report '$(RUN)'

.PHONY: compare
compare: programs ready-to-plot ## compare two runs: BASE=folder CAND=folder
	$(RELEASE)/switchyard compare '$(BASE)' '$(CAND)'

.PHONY: gate
gate: build ready-to-plot ## fail when the working tree is slower than BASE=ref
	$(RELEASE)/switchyard gate --base '$(BASE)'

.PHONY: gate-selftest
gate-selftest: build ## show that the gate passes, catches 8 % and refuses noise
	$(RELEASE)/switchyard gate-selftest

.PHONY: calibrate
calibrate: programs ## measure this machine's noise: identical servers in pairs
	$(RELEASE)/switchyard calibrate

.PHONY: payments
payments: programs ## pay for a million keys through a faulty server, and count what was paid
	scripts/payments $(or $(KEYS),1000000) $(RELEASE)

.PHONY: validate
validate: programs ready-to-plot ## show and draw textbook effects: published, predicted, measured
	$(RELEASE)/switchyard validate $(if $(FILTER),--filter '$(FILTER)')

.PHONY: doctor
doctor: programs ## say whether this machine is fit to measure, and what to change
	$(RELEASE)/switchyard doctor

.PHONY: test
test: ready-to-test ## run every test
	$(RUN_TESTS)

##@ To install and to package

.PHONY: install
install: $(if $(BUILD),,static) ## put programs, files and manual below PREFIX
	DESTDIR='$(DESTDIR)' scripts/install '$(PREFIX)' '$(or $(BUILD),$(STATIC)/release)'

.PHONY: uninstall
uninstall: ## take away what install put there
	DESTDIR='$(DESTDIR)' scripts/install --remove '$(PREFIX)'

.PHONY: static
static: ready ## build the programs so that they need no Swift, into .build-static/release
	$(foreach program,$(PROGRAMS) switchyard-documents,swift build -c release \
	    --static-swift-stdlib --scratch-path $(STATIC) --product $(program) &&) true

.PHONY: deb
deb: static ready-to-package ## make a Debian package, in .build-static/packages
	scripts/package deb $(STATIC)/release $(STATIC)/packages

.PHONY: packages
packages: deb ## the same and an archive, as a release has them
	scripts/package tar $(STATIC)/release $(STATIC)/packages

.PHONY: try-package
try-package: deb ready-to-test ## install the package where nothing but apt is, and use it (root)
	scripts/try-package "$$(scripts/package name $(STATIC)/packages)"

##@ To work on it

.PHONY: programs
programs: ready ## build the three programs alone for release, into .build/release
	$(foreach program,$(PROGRAMS),swift build -c release --product $(program) &&) true

.PHONY: build
build: ready ## build the programs for release, into .build/release
	swift build -c release

.PHONY: check
check: lint tidy build asm-check alloc-check count-check gate-check fuzz-smoke ## what must hold

.PHONY: lint
lint: ready-to-test ## look for bad style in Swift and shell
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
	shellcheck $(filter-out %.txt,$(wildcard scripts/*)) .ci/run $(wildcard Tests/*/*.sh)

.PHONY: format
format: ready ## bring the Swift sources into their style
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

.PHONY: tidy
tidy: ready-to-test ## test what a compiler can't see: imports, comments, documents, figures
	$(RUN_TESTS) --filter 'TidyTests|PlotTests'

.PHONY: floor
floor: build ready-to-test ## hold server and generator against bare C and others (11 minutes)
	$(RELEASE)/switchyard-micro floor

.PHONY: micro
micro: build ## time the parsers and encoders, in nanoseconds a message
	$(RELEASE)/switchyard-micro parser

.PHONY: known-latency
known-latency: build ## prove that the generator finds delays that are known (5 minutes)
	$(RELEASE)/switchyard-micro known-latency

.PHONY: known-capacity
known-capacity: build ready-to-test ## prove that --find-rate finds what is known (half an hour)
	$(RELEASE)/switchyard-micro known-capacity

.PHONY: link-check
link-check: build ## measure what an emulated link adds to its delay, and what it carries
	$(RELEASE)/switchyard-micro link

.PHONY: soak
soak: build ## prove that no answer is lost, doubled or out of order (an hour)
	$(RELEASE)/switchyard-micro soak

.PHONY: asm-check
asm-check: build ## prove that hot functions count no references and allocate nothing
	$(RELEASE)/switchyard-micro asm-check

.PHONY: alloc-check
alloc-check: build ## prove that a request allocates nothing once warm
	$(RELEASE)/switchyard-micro alloc-check

.PHONY: count-check
count-check: build ## hold what a request costs, in calls and wakes, to Benchmarks/baseline.json
	$(RELEASE)/switchyard gate --counters-only

.PHONY: gate-check
gate-check: build ## the short form of gate-selftest: one cell, 30 %, under a minute
	$(RELEASE)/switchyard gate-selftest --short

.PHONY: fuzz-smoke
fuzz-smoke: ready ## fuzz each protocol for a few seconds, in .build-fuzz
	Tests/Fuzz/run-smoke.sh '$(FUZZ_SECONDS)'

.PHONY: gate-rates
gate-rates: ready ## simulate 2500 gates for each figure of docs/GATE.md, in .build-rates
	SWITCHYARD_GATE_REPLICATES=2500 $(RUN_TESTS) -c release -Xswiftc -enable-testing \
	    --scratch-path .build-rates --filter GateRateTests

.PHONY: tsan
tsan: ready ## run the server's tests under the thread sanitizer, in .build-tsan
	$(RUN_TESTS) --sanitize=thread --scratch-path .build-tsan --filter 'ServeTests|EndToEndTests'

.PHONY: soak-tsan
soak-tsan: ready ## the same with a server under the thread sanitizer, in .build-tsan
	swift build --sanitize=thread --scratch-path .build-tsan --product switchyard-server
	swift build --product switchyard-micro
	.build/debug/switchyard-micro soak -n 50000 --stops 4 \
	    --server .build-tsan/debug/switchyard-server

.PHONY: asan
asan: ready ## run the tests under the address sanitizer, in .build-asan
	LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/leaks.supp \
	    $(RUN_TESTS) --sanitize=address --scratch-path .build-asan

.PHONY: clean
clean: ## remove what was built (results/ stays)
	rm -rf .build .build-tsan .build-asan .build-fuzz .build-handicap .build-rates \
	    $(STATIC)

##@ Variables
##  PROFILE=name  bench: a profile of the matrix file (smoke, precise)
##  FILTER=terms  bench: only some cells, such as 'pattern=~sharded connections>=64'
##  RUN=folder    resume, plots, report: the run meant (results/latest)
##  BASE= CAND=   compare: two result folders or CSV files; gate: BASE is a git ref
##  PREFIX= DESTDIR=  install, uninstall: where (/usr/local), staged below DESTDIR
##  BUILD=folder  install: programs that are built already, such as .build-static/release
##  ARCH=name     deb, packages: amd64 or arm64; only what this machine builds
##  FUZZ_SECONDS  fuzz-smoke: how long to feed each fuzzer (10)
##  CI=true       a missing test tool is a failure, not a skipped test
##  NO_COLOR=1    plain progress and tables

.PHONY: help
help:
	@awk '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	    /^##  / { sub(/^##/, ""); print } \
	    match($$0, /^[a-z-]+:.*## /) { name = $$0; sub(/:.*/, "", name); \
	        printf "  make %-15s%s\n", name, substr($$0, RLENGTH + 1) }' $(MAKEFILE_LIST)

.PHONY: ready ready-to-test ready-to-plot ready-to-package
ready:
	@scripts/set-up build
ready-to-test:
	@scripts/set-up build test plot
ready-to-plot:
	@scripts/set-up build plot
ready-to-package:
	@scripts/set-up build package
