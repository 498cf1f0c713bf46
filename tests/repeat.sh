#!/usr/bin/env bash
# Runs tests so many times and prints what each run took; stops at the first failure, whose output it shows.
#
#   tests/repeat.sh 10                               all tests, as `make test` runs them
#   BUSY=1 tests/repeat.sh 50 tests/test_runner.py   beside a loop that never rests on every core
set -uo pipefail
cd "$(dirname "$0")/.."
times=${1:?how often}; shift
log=$(mktemp)
loops=()
trap 'kill "${loops[@]}" 2>/dev/null; rm -f "$log"' EXIT
if [ -n "${BUSY:-}" ]; then
  for _ in $(seq "$(nproc)"); do
    while :; do :; done &
    loops+=($!)
  done
fi
parallel=(-n auto)
[ $# -gt 0 ] && parallel=(-p no:cacheprovider)
for run in $(seq "$times"); do
  began=$(date +%s)
  if ! .venv/bin/python -m pytest "${parallel[@]}" "$@" >"$log" 2>&1; then
    cat "$log"
    echo "run $run of $times failed after $(($(date +%s) - began)) s"
    exit 1
  fi
  echo "run $run: $(($(date +%s) - began)) s, $(tail -n 1 "$log")"
done
