#!/bin/sh
# Builds every fuzzer of this folder with libFuzzer and AddressSanitizer into .build-fuzz and runs
# each for SECONDS (60 by default) on a copy of its seed corpus. Exits with the first failure.
set -eu

seconds=${1:-60}
cd "$(dirname "$0")/../.."
out=.build-fuzz
mkdir -p "$out"

# The language settings of Package.swift, so that the fuzzers build what is shipped.
flags="-swift-version 6 -package-name switchyard -parse-as-library -O
    -gline-tables-only -whole-module-optimization
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -enable-experimental-feature Lifetimes
    -strict-memory-safety -sanitize=fuzzer,address -use-ld=lld -I $out"
# The crash handler of Swift reads what AddressSanitizer guards, and would be reported instead.
export SWIFT_BACKTRACE=enable=no

# A module's files under one object; the linker takes the objects as they are.
build_module() {
    find "Sources/$1" -name '*.swift' -print | sort > "$out/$1.files"
    # shellcheck disable=SC2086
    xargs swiftc $flags -module-name "$1" -emit-module \
        -emit-module-path "$out/$1.swiftmodule" -c -o "$out/$1.o" < "$out/$1.files"
}
build_module Basis
build_module Wire

for harness in Tests/Fuzz/Fuzz*.swift; do
    name=$(basename "$harness" .swift)
    topic=$(echo "${name#Fuzz}" | tr '[:upper:]' '[:lower:]')
    # shellcheck disable=SC2086
    swiftc $flags -module-name "$name" -o "$out/$name" \
        "$harness" Tests/WireTests/Properties/*.swift "$out/Basis.o" "$out/Wire.o"
    mkdir -p "$out/corpus/$topic"
    cp "Tests/Fuzz/corpus/$topic"/* "$out/corpus/$topic"
    echo "$name: $seconds s"
    "$out/$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
        -dict=Tests/Fuzz/http1.dict -artifact_prefix="$out/$name-" -print_final_stats=1 \
        "$out/corpus/$topic" > "$out/$name.log" 2>&1 || {
        tail -n 40 "$out/$name.log"
        exit 1
    }
    grep -E 'stat::(number_of_executed_units|average_exec)' "$out/$name.log"
done
