#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: profile_test.sh, with LAMBDA the command and BPF_OBJECTS the build folder.
# lambda run --local --profile: nothing but the speed is other than without, all that
# is executed is found at some line, and a program that ended badly is told of as
# well. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export LAMBDA_PATH=$objects/programs
yes 'a,1,5
b,2,700' | head -c 3000000 >"$dir/table"
run=("$lambda" run --local)

# sums FILE: instructions and budget as they are told at the end, and of all lines
sums() {
	awk '/^lambda: |instructions +%/ { next }
		/ in all$/ { print $1, insns, $2, budget; next }
		{ insns += $1; budget += $3 }' OFMT=%.0f CONVFMT=%.0f "$1"
}

for words in wordcount stats64 "csvfilter column=2 op=GE value=100" \
		"--batch=5000 --each csvfilter column=2 op=GE value=100"; do
	# shellcheck disable=SC2086
	"${run[@]}" --print=raw $words "$dir/table" >"$dir/without" 2>&1
	# shellcheck disable=SC2086
	"${run[@]}" --print=raw --profile $words "$dir/table" >"$dir/with" 2>"$dir/said"
	cmp "$dir/without" "$dir/with"
	result $? "$words: the answer is the same"
	for jobs in 1 4; do
		# shellcheck disable=SC2086
		"${run[@]}" -v --profile --jobs=$jobs $words "$dir/table" \
			>"$dir/with" 2>"$dir/said.$jobs"
		told=$(sed -n 's/^lambda: \([0-9]*\) instructions, interpreted/\1/p' \
			"$dir/said.$jobs")
		read -r insns insns_sum budget budget_sum < <(sums "$dir/said.$jobs")
		[ "$told" -gt 0 ] && [ "$told" = "$insns" ] && [ "$told" = "$insns_sum" ]
		result $? "$words, --jobs=$jobs: each of $told instructions is of some line"
		[ "$budget" -gt 0 ] && [ "$budget" = "$budget_sum" ]
		result $? "and so is each unit of the budget"
	done
	cmp <(grep -v "^lambda: " "$dir/said.1") <(grep -v "^lambda: " "$dir/said.4")
	result $? "$words: the jobs tell the same together as one alone"
done

lines=$objects/tests/lines.bpf.o
"${run[@]}" --profile "$lines" "$dir/table" >/dev/null 2>"$dir/said"
grep -qE ' 100\.0 +tests/bpf/lines\.bpf\.c:[0-9]+: for \(.* i < ctx->in_len; i\+\+\) \{$' \
	"$dir/said"
result $? "the loop that takes the budget is shown with its text"
head -n 2 "$dir/said" | tail -n 1 | grep -q 'for (.* i < ctx->in_len'
result $? "as the first"

"${run[@]}" --profile --jobs=1 --budget=1000 "$lines" "$dir/table" >/dev/null 2>"$dir/said"
[ $? -eq 4 ] && grep -q "over budget" "$dir/said" &&
	grep -qE ' 1000 +[0-9.]+ +tests/bpf/lines' "$dir/said"
result $? "what is over budget is told by line"

# Without debug info functions are what there is.
llvm-objcopy --remove-section=.BTF --remove-section=.BTF.ext --remove-section=.rel.BTF \
	--remove-section=.rel.BTF.ext "$objects/programs/stats64.bpf.o" "$dir/bare.bpf.o" &&
	"${run[@]}" --profile --print=hex "$dir/bare.bpf.o" "$dir/table" 2>"$dir/said" >/dev/null &&
	grep -q "  function stats64$" "$dir/said"
result $? "an object without debug info has functions"

"${run[@]}" --profile --write --in="$dir/table" "$objects/programs/bitmap.bpf.o" \
	"$dir/out" >/dev/null 2>"$dir/said"
grep -q "bitmap.bpf.c:" "$dir/said"
result $? "--write has one, too"
"$lambda" run --profile wordcount "$dir/table" >/dev/null 2>"$dir/said"
[ $? -eq 2 ] && grep -q -e "--profile goes with --local" "$dir/said"
result $? "the kernel counts none"
"${run[@]}" --profile --repeat=2 wordcount "$dir/table" >/dev/null 2>"$dir/twice"
"${run[@]}" --profile wordcount "$dir/table" >/dev/null 2>"$dir/once"
read -r twice _ < <(sums "$dir/twice")
read -r once _ < <(sums "$dir/once")
[ "$twice" -eq $((2 * once)) ]
result $? "--repeat adds up"

# What a program prints comes on standard error, once, however many make requests.
ends=$objects/tests/ends.bpf.o
head -c 2500000 "$dir/table" >"$dir/part"
for jobs in 1 3; do
	"${run[@]}" --program=prints --each --batch=700000 --jobs=$jobs --out="$dir/out" \
		"$ends" "$dir/part" 2>"$dir/said" >/dev/null &&
		cmp "$dir/out" "$dir/part" &&
		cmp <(sort "$dir/said") <(sort "$dir/part")
	result $? "--jobs=$jobs: what is printed is shown"
done
"${run[@]}" --program=prints --each --batch=700000 --out="$dir/out" "$ends" "$dir/part" \
	2>&- >/dev/null && cmp "$dir/out" "$dir/part"
result $? "and where nobody looks that is no error"
"${run[@]}" --write --program=prints --in="$dir/part" "$ends" "$dir/out" \
	2>"$dir/said" >/dev/null && cmp "$dir/said" "$dir/part"
result $? "--write shows it, too"

"${run[@]}" -v --print=u64 "$objects/tests/quiet.bpf.o" "$dir/part" >"$dir/out" \
	2>"$dir/said" && [ "$(cat "$dir/out")" = 0 ] && ! grep -qv '^lambda: ' "$dir/said"
result $? "LAMBDA_NDEBUG compiles it out, with what it is told"

echo "1..$count"
exit "$failed"
