#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# pwtrace check: recordings of earlier days have the verdicts of their day (tests/data/*.verdicts); several recordings on several
# processors; results as KTAP and as JUnit XML; what is cut off, missing or no recording.
#
# tests/command/check.sh --write: make the verdicts anew, after a change that was meant

# shellcheck disable=SC2016 # what is quoted is for jq
set -u -o pipefail
# shellcheck source-path=SCRIPTDIR/../vm source=../vm/tap.sh
. "$(dirname "$0")/../vm/tap.sh"
machine=$(uname -m)
pwtrace=${PWTRACE_HOST:-$top/build/${machine/aarch64/arm64}/pwtrace}
data=$top/tests/data
recordings=("$data"/*.pwt)

# verdicts FILE: a line a change: what it was, what it did, and what was found
verdicts() {
	"$pwtrace" check -j "$1" 2> "$tmp/err" | jq -r 'select(.type == "change") | [.seq, .parent, .time, .hook, .op, .addr, .size, .ret,
		(.set | join(",")), (.clear | join(",")), .verdict, .reason, (.findings | join(",")), (.leaves | tojson), (.splits | tojson), (.stack // [] | length)] |
		map(. // "-") | join(" ")'
}

if [[ ${1:-} == --write ]]; then
	for file in "${recordings[@]}"; do
		verdicts "$file" > "${file%.pwt}.verdicts"
	done
	exit
fi

for file in "${recordings[@]}"; do
	name=$(basename "$file")
	verdicts "$file" > "$tmp/verdicts"
	is "$name: each verdict is that of its day" "$(diff "${file%.pwt}.verdicts" "$tmp/verdicts" | head -n 8)" ''
	ok "$name: there are some: $(wc -l < "$tmp/verdicts")" test -s "$tmp/verdicts"
done

# Several at once: in the order in which they were named, whatever is ready first.
many=("${recordings[@]}" "${recordings[@]}" "${recordings[@]}")
for format in text json ktap junit; do
	"$pwtrace" check --format $format --jobs 1 "${many[@]}" > "$tmp/one" 2> "$tmp/one.err"
	status=$?
	for jobs in 2 7; do
		"$pwtrace" check --format $format --jobs $jobs "${many[@]}" > "$tmp/more" 2> "$tmp/more.err"
		is "$format: $jobs at a time the same as one by one" \
			"$? $(cmp "$tmp/one" "$tmp/more" 2>&1)$(cmp "$tmp/one.err" "$tmp/more.err" 2>&1)" "$status "
	done
	is "$format: exit status 1, there are mismatches" $status 1
done

# KTAP: https://docs.kernel.org/dev-tools/ktap.html
file=${recordings[0]}
head -c 6000 "$file" > "$tmp/cut.pwt"
"$pwtrace" check --format ktap "$file" "$tmp/cut.pwt" "$tmp/none.pwt" > "$tmp/ktap" 2> /dev/null
is "ktap: a version and a plan" "$(head -n 2 "$tmp/ktap" | tr '\n' '|')" 'KTAP version 1|1..3|'
is "ktap: each line is of KTAP" "$(grep -vE '^ *(KTAP version 1|1\.\.[0-9]+|(not )?ok [0-9]+ .*|#.*)$' "$tmp/ktap")" ''
is "ktap: the results of the recordings" "$(grep -oE '^(not )?ok [0-9]+' "$tmp/ktap" | xargs)" 'not ok 1 ok 2 not ok 3'
is "ktap: each plan is kept" "$(awk '/^  1\.\./ { want += substr($1, 4) } /^  (not )?ok / { got++ } END { print want - got }' "$tmp/ktap")" 0
nr=$("$pwtrace" check -j "$file" 2> /dev/null | jq -s 'map(select(.verdict == "MISMATCH")) | length')
is "ktap: each mismatch is a result" "$(awk '/^not ok 1/ { exit } /^  not ok .*MISMATCH/ { n++ } END { print n }' "$tmp/ktap")" "$nr"
like "ktap: what is cut off cannot be said to be whole" "$tmp/ktap" '^  ok 1 recording is whole # SKIP it is cut off after'
"$pwtrace" check --max-lost 0 --format ktap "$tmp/cut.pwt" > "$tmp/ktap" 2> /dev/null
is "ktap: with --max-lost that is a failure" "$(grep -c '^not ok 1' "$tmp/ktap")" 1

# JUnit, as CI systems read it
"$pwtrace" check --format junit "$file" "$tmp/cut.pwt" "$tmp/none.pwt" > "$tmp/junit" 2> /dev/null
cat > "$tmp/junit.py" <<'END'
import sys, xml.etree.ElementTree as tree
for suite in tree.parse(sys.argv[1]).getroot():
	cases = suite.findall("testcase")
	counts = [len(cases)] + [sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")]
	told = [int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")]
	print(suite.get("name").rsplit("/", 1)[-1], "as told" if counts == told else (counts, told), counts[1] > 0, counts[2] > 0)
END
is "junit: it is XML, and counts what is in it" "$(/usr/bin/python3 "$tmp/junit.py" "$tmp/junit" 2>&1)" \
	"$(basename "$file") as told True False
cut.pwt as told False False
none.pwt as told False True"

# What is not whole
"$pwtrace" check -j "$tmp/cut.pwt" > "$tmp/out" 2> "$tmp/err"
like "cut off: it is said" "$tmp/err" 'cut\.pwt: it is cut off after [0-9]+ chunks'
"$pwtrace" check -q --max-lost 0 "$tmp/cut.pwt" > /dev/null 2>&1
is "cut off: more than nothing was lost" $? 4
"$pwtrace" check "$tmp/none.pwt" > "$tmp/out" 2> "$tmp/err"
is "missing: exit status 3" "$? $(cat "$tmp/out")" '3 '
like "missing: which, and why" "$tmp/err" 'none\.pwt.*No such file'
"$pwtrace" check "$0" > "$tmp/out" 2> "$tmp/err"
is "no recording: exit status 3" "$? $(cat "$tmp/out")" '3 '
like "no recording: it is said" "$tmp/err" 'check\.sh.*recording'
for format in json ktap junit; do
	"$pwtrace" check --format $format "$tmp/none.pwt" "$file" > "$tmp/out" 2> /dev/null
	is "$format: one that is missing does not keep the others back" "$? $(grep -c MISMATCH "$tmp/out" | sed 's/[1-9][0-9]*/some/')" '3 some'
done
finish
