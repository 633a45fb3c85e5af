#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: foreign_test.sh, with BPF_OBJECTS the build folder, FOREIGN that of another
# processor, and CROSS what its tools begin with, such as aarch64-linux-gnu.
# Library and command on that processor, by qemu-user: what takes no kernel with
# λ-IO does what it does here, and the rest says why not. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
here=${BPF_OBJECTS:?} there=${FOREIGN:?} cross=${CROSS:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
cd "${0%/*}/.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
run=("qemu-${cross%%-*}" -L "/usr/$cross")
foreign() { "${run[@]}" "$there/lambda" "$@"; }

readelf -h "$there/lambda" | grep -q 'Machine: *AArch64'
result $? "the command is one for AArch64"
head -c 300000 "$here/lambda" >"$dir/bytes"
for ((i = 0; i < 3000; i++)); do echo "row $i,$((i * 7 % 1000)),end"; done >"$dir/text"

declare -A arguments=([csvfilter]="column=1 op=GE value=990" [grep]="what=row" [knn]="coord=1,2 --length=40960")
for object in "$there"/programs/*.bpf.o; do
	name=${object##*/} name=${name%.bpf.o}
	cmp -s "$object" "$here/programs/$name.bpf.o"
	result $? "$name: the same object"
	foreign info "$object" >"$dir/there" && "$here/lambda" info "$object" >"$dir/here" &&
		cmp -s "$dir/there" "$dir/here"
	result $? "$name: opened and checked"
	[ "$name" != bitmap ] || continue
	# shellcheck disable=SC2086
	foreign run --local --jobs=3 --batch=50000 "$object" ${arguments[$name]} \
		"$dir/text" >"$dir/there" && "$here/lambda" run --local "$object" \
		${arguments[$name]} "$dir/text" >"$dir/here" && [ -s "$dir/here" ] &&
		cmp -s "$dir/there" "$dir/here"
	result $? "$name: run over a text, with the same result"
done
foreign run --local --verbose "$here/programs/histogram.bpf.o" "$dir/bytes" \
	2>"$dir/said" >"$dir/there"
grep -q "instructions, interpreted" "$dir/said"
result $? "it was interpreted"
"$here/lambda" run --local "$here/programs/histogram.bpf.o" "$dir/bytes" >"$dir/here"
cmp -s "$dir/there" "$dir/here"
result $? "with the same result over bytes"

for end in null readonly forever; do
	foreign run --local --program=$end "$here/tests/ends.bpf.o" "$dir/text" 2>"$dir/there"
	status=$?
	"$here/lambda" run --local --program=$end "$here/tests/ends.bpf.o" "$dir/text" \
		2>"$dir/here"
	[ $((status * 10 + $?)) -eq 44 ] && cmp -s "$dir/there" "$dir/here"
	result $? "$end ends there as here, with the line in its source"
done
foreign info "$here/tests/refused_atomic.bpf.o" >/dev/null 2>"$dir/said"
[ $? -eq 3 ] && grep -q "refused_atomic.bpf.c:8" "$dir/said"
result $? "what the check refuses is refused"

why="no λ-IO, which there is for x86-64 alone"
for words in info ls top trace "load $here/programs/grep.bpf.o" \
		"run $here/programs/stats64.bpf.o $dir/text"; do
	# shellcheck disable=SC2086
	foreign $words >/dev/null 2>"$dir/said"
	[ $? -eq 5 ] && grep -q "$why" "$dir/said" && grep -q "run --local" "$dir/said"
	result $? "lambda ${words%% *} says why not, and what goes"
done

# Whatever number a call may have there, ENOSYS is what a program gets.
cat >"$dir/calls.c" <<'END'
#include <errno.h>
#include <lambda.h>
#include <stdio.h>
int main(void)
{
	char why[200];

	lambda_why_not(-ENOSYS, why, sizeof(why));
	printf("%d %d %d %s\n", lambda_load(NULL, 0, LAMBDA_LOAD_ABI),
	       (int)lambda_pread(0, NULL, 0, 0, 0, NULL),
	       (int)lambda_pwrite(0, NULL, 0, 0, 0, NULL), why);
}
END
headers=(-Iliblambda/include -I../linux/include/uapi)
for kind in so.0 a; do
	"$cross-gcc" "${headers[@]}" -o "$dir/calls" "$dir/calls.c" "$there/liblambda.$kind" &&
		said=$("${run[@]}" -E LD_LIBRARY_PATH="$there" "$dir/calls") &&
		[[ $said == "-38 -38 -38 "*"$why" ]]
	result $? "liblambda.$kind: the calls give ENOSYS, with a text"
done

echo "1..$count"
exit "$failed"
