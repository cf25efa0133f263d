#!/bin/sh
# Runs Schemathesis (from PyPI: pip install schemathesis) against the sandbox, with the document that it serves.
# Usage: run.sh PATH-OF-mews-sandbox [CASES [OPTIONS OF schemathesis run]]
# Prints what was found, and the number of responses of each operation by status.
set -eu
binary=$1
cases=${2:-500}
shift "$(($# < 2 ? $# : 2))"
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
"$binary" --port 0 --port-file "$folder/port" --accept-any-token --no-rate-limit --seed-codes 200000 --repeated-delete accept \
    >/dev/null 2>"$folder/log" &
sandbox=$!
trap 'kill $sandbox 2>/dev/null; rm -rf "$folder"' EXIT
until [ -s "$folder/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$folder/port")
status=0
SCHEMATHESIS_HOOKS="$here/hooks.py" schemathesis --config-file "$here/schemathesis.toml" run \
    "$url/_sandbox/openapi.json" --url "$url" --phases examples,coverage,fuzzing,stateful --max-examples "$cases" \
    --continue-on-failure --suppress-health-check all "$@" || status=$?
awk '$2 == "POST" && $4 ~ /^[0-9]+$/ { all[$3]++; count[$3 " " $4]++ }
    END { for (key in count) { split(key, part, " "); printf "%-22s %s %6d %5.1f %%\n", part[1], part[2], count[key], 100 * count[key] / all[part[1]] } }' \
    "$folder/log" | sort
exit $status
