#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: pages_test.sh, with LAMBDA the command and BPF_OBJECTS the build folder.
# What the manual pages promise of the command: each verb has a page, which has each
# of its options and no other; each exit status is reached; and a kernel without
# λ-IO is answered by all verbs in the same words. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
cd "${0%/*}/../man" || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export LAMBDA_PATH=$objects/programs

mapfile -t verbs < <("$lambda" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
for verb in "${verbs[@]}"; do
	[ -f "lambda-$verb.1" ] && grep -qx ".It Xr lambda-$verb 1" lambda.1
	result $? "lambda $verb has a page, which lambda.1 names"
	[ "$verb" != cc ] || continue
	"$lambda" "$verb" --help | sed -nE 's/^ *(-.,  *)?(--[a-z-]+).*/\2/p' |
		grep -vxE -e '--(help|usage|version)' | sort >"$dir/told"
	grep '^\.It Fl' "lambda-$verb.1" | grep -oE '\\-[a-z-]+' | sed 's/^\\-/--/' |
		sort -u >"$dir/written"
	diff "$dir/told" "$dir/written" | sed 's/^/# /'
	cmp -s "$dir/told" "$dir/written"
	result $? "which has all of its options"
	"$lambda" "$verb" --version | grep -q "version [0-9]* of the kernel's"
	result $? "lambda $verb --version"
	[ "$("$lambda" help "$verb" | head -n 1)" = "$("$lambda" "$verb" --help | head -n 1)" ]
	result $? "lambda help $verb"
done

# What reaches each status that lambda.1 has.
yes | head -c 1M >"$dir/yes"
declare -A reach=(
	[0]="run --local wordcount lambda.1"
	[1]="run --local wordcount /nonexistent"
	[2]="run --batch=x wordcount lambda.1"
	[3]="run --local $objects/tests/refused_atomic.bpf.o lambda.1"
	[4]="run --local --program=forever $objects/tests/ends.bpf.o $dir/yes"
	[5]="info"
)
while read -r status; do
	# shellcheck disable=SC2086
	"$lambda" ${reach[$status]} >/dev/null 2>"$dir/said"
	got=$?
	# A kernel that has λ-IO is asked for what it has not.
	[ "$got" -eq "$status" ] || { [ "$status" -eq 5 ] && [ "$got" -eq 0 ]; }
	result $? "status $status: lambda ${reach[$status]##*/}"
done < <(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EX/s/^\.It \([0-9]\)$/\1/p' lambda.1)
# More than a pipe holds, so that the command cannot end before its reader does.
"$lambda" run --local --each --batch=64 --print=hex wordcount "$dir/yes" 2>"$dir/said" |
	head -n 1 >/dev/null
[ "${PIPESTATUS[0]}" -eq 141 ] && [ ! -s "$dir/said" ]
result $? "status 141: a reader that has read enough"

if ! "$lambda" info >/dev/null 2>&1; then
	"$lambda" ls 2>"$dir/alike" >/dev/null
	grep -q "lambda run --local" "$dir/alike"
	result $? "without λ-IO in the kernel there is a way that needs none"
	for words in info "info --json" "ls --json" top "top --once --json" trace \
			"trace --json" "load wordcount" "load -j wordcount" \
			"run wordcount lambda.1" "run --write bitmap $dir/made"; do
		# shellcheck disable=SC2086
		"$lambda" $words 2>"$dir/said" >/dev/null </dev/null
		[ $? -eq 5 ] && cmp -s "$dir/said" "$dir/alike"
		result $? "lambda $words says so alike"
	done
	[ ! -e "$dir/made" ]
	result $? "and nothing was made"
fi

echo "1..$count"
exit "$failed"
