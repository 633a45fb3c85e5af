#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: object_test.sh, with LAMBDA the command.
# Objects as compilers and tools leave them: each of them loads, and gives the
# same result, or is refused with what to do. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
cd "${0%/*}/.." || exit 1
source=$PWD/tests/bpf/asis.bpf.c
flags=(-target bpf -mcpu=v3 -O2 -g -fno-builtin -w -I../linux/include/uapi -Iprograms
	-idirafter "/usr/include/$(gcc -print-multiarch)")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# compile FLAG...: the source, to plain.o
compile() {
	"${CLANG:-clang}" "${flags[@]}" "$@" -c -o "$dir/plain.o" "$source"
}

lines=$(wc -l <"$source")
want=$((2 * (lines + 1) + 10))

# right OBJECT: it loads, and counts
right() {
	[ "$("$lambda" run --local --print=u64 "$1" "$source")" = "$want" ]
}

# with FLAG...: compiled so, it loads and is right
with() {
	compile "$@" && right "$dir/plain.o"
	result $? "with ${*:-no more flags}"
}

with
with -fcommon
with -fasynchronous-unwind-tables
with -ffunction-sections -fdata-sections
with -O1 -g0
with -O3 -gdwarf-4
with -Os -fcommon -ffunction-sections -fasynchronous-unwind-tables

compile -fcommon
"$lambda" run --local --print=u64 /dev/stdin "$source" <"$dir/plain.o" >/dev/null
result $? "from a file as standard input"
right <(cat "$dir/plain.o")
result $? "through a pipe"
llvm-strip -g -o "$dir/stripped.o" "$dir/plain.o" && right "$dir/stripped.o"
result $? "without its debug information"
compile -fno-common && bpftool gen object "$dir/linked.o" "$dir/plain.o" &&
	right "$dir/linked.o"
result $? "linked by bpftool"

# refused TEXT OBJECT: it says so
refused() {
	! "$lambda" run --local "$2" "$source" >/dev/null 2>"$dir/said" &&
		grep -qF -e "$1" "$dir/said"
	result $? "refused: $1"
}

llvm-strip -o "$dir/bare.o" "$dir/plain.o"
refused "use llvm-strip -g" "$dir/bare.o"
printf '%s\n' '#include "lambda_bpf.h"' 'LAMBDA_PROGRAM(never)(struct lambda_ctx *ctx)' \
	'{ __builtin_unreachable(); }' >"$dir/never.c"
"${CLANG:-clang}" "${flags[@]}" -c -o "$dir/never.o" "$dir/never.c"
refused "program never has no instructions" "$dir/never.o"

echo "1..$count"
exit "$failed"
