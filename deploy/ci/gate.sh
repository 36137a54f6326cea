#!/bin/sh
# Runs the gate for a pipeline, hands on what it published, and ends with its exit code.
#
# Arguments are those of `gonogo gate`. $GONOGO is the command (default: python -m gonogo), $GONOGO_RUNS the folder
# of runs (default: gonogo-runs). It fails closed: without a fresh verdict that says GO it never ends with 0.
set -u

command=${GONOGO:-python -m gonogo}
runs=${GONOGO_RUNS:-gonogo-runs}
latest=$runs/latest

mkdir -p "$runs" || exit 20
rm -f "$latest" # an earlier run's verdict is not this one's

# shellcheck disable=SC2086  the command may be several words
$command gate --runs "$runs" "$@"
code=$?

publish() { # publish FILE VARIABLE: append a file of the run to the one that the runner names
  if [ -n "$2" ] && [ -f "$latest/$1" ]; then cat "$latest/$1" >>"$2"; fi
}

publish outputs.env "${GITHUB_OUTPUT:-}"
publish report.md "${GITHUB_STEP_SUMMARY:-}"
if [ -n "${GITHUB_ACTIONS:-}" ] && [ -f "$latest/github-annotations.txt" ]; then cat "$latest/github-annotations.txt"; fi

if [ "$code" -eq 0 ] && ! grep -qx 'verdict=GO' "$latest/outputs.env" 2>/dev/null; then
  echo "gate.sh: the gate ended with 0 and published no GO: INCONCLUSIVE" >&2
  code=20
fi
if [ -n "${GITHUB_OUTPUT:-}" ] && [ ! -f "$latest/outputs.env" ]; then
  printf 'verdict=INCONCLUSIVE\nexit_code=%s\n' "$code" >>"$GITHUB_OUTPUT"
fi
exit "$code"
