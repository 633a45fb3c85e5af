#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: bench_test.sh, with LAMBDA the command, COMPILER that which was built for
# use, and BPF_OBJECTS the build folder. lambda bench: which rows there are and why
# others are not, that answers are compared, and whose code is run. TAP on standard
# output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
programs=$(cd "${0%/*}/../programs" && pwd)
uapi=$(cd "${0%/*}/../../linux/include/uapi" && pwd)
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export LAMBDA_PATH=$objects/programs TMPDIR=$dir
mkdir own && yes 'a,1,5
b,2,700' | head -c 3M >table

# gives STATUS COMMAND...: what it prints and says is kept
gives() {
	local status=$1
	shift
	timeout 300 "$@" >"$dir/out" 2>"$dir/said" </dev/null
	got=$?
	[ "$got" -eq "$status" ]
	result $? "status $status: ${*##*/}"
}

# has FILE PATTERN: there is such a line
has() {
	grep -qE -e "$2" "$1"
	result $? "$2"
	[ "$(grep -cE -e "$2" "$1")" -gt 0 ] || sed 's/^/# /' "$dir/out" "$dir/said"
}

bench=("$lambda" bench --rounds=1)
figure=' +[0-9]+\.[0-9] +[0-9]+\.[0-9]'
gives 0 "${bench[@]}" csvfilter column=2 op=GE value=100 table
for row in local read mmap; do
	has out "^$row $figure"
done
if "$lambda" info >/dev/null 2>&1; then
	has out "^host $figure"
else
	has out "^host +not measured: .*λ-IO"
	has out "^device +not measured: .*λ-IO"
	has out "^auto +not measured: .*λ-IO"
fi
has out "^csvfilter over table: 3145728 bytes"

# A file in memory is never cold, and nothing is mapped of an empty one.
if shm=$(mktemp -p /dev/shm 2>/dev/null); then
	cp table "$shm"
	gives 0 "${bench[@]}" wordcount "$shm"
	has out "^not measured cold: "
	has out "^local .* - +- "
	rm -f "$shm"
fi
: >empty
gives 0 "${bench[@]}" wordcount empty
has out "^mmap +not measured: nothing is mapped"
gives 0 "${bench[@]}" --offset=4097 --length=70001 wordcount table
has out ": 70001 bytes, "

# Code is run only if it was asked for, be it beside the object or not.
cp "$objects/programs/wordcount.bpf.o" own
cat >evil.c <<'X'
#include <stdlib.h>
__attribute__((constructor)) static void run(void) { exit(77); }
X
cc -shared -fPIC -o own/wordcount.native.so evil.c
gives 0 "${bench[@]}" own/wordcount.bpf.o table
has out "^read +not measured: --native"
cd own || exit 1
gives 0 "${bench[@]}" wordcount.bpf.o ../table
cd .. || exit 1
gives 77 "${bench[@]}" --native=own/wordcount.native.so own/wordcount.bpf.o table

# Native code that says something else is told, and so is one that is none.
sed 's/out->lines = lines/& + 1/' "$programs/wordcount.bpf.c" >other.c
cc -O2 -shared -fPIC -D_GNU_SOURCE -I"$programs" -I"$uapi" -o other.so other.c
gives 4 "${bench[@]}" --native=other.so wordcount table
has said "the answers are not all the same"
has out "^read $figure.*WITH ANOTHER ANSWER$"
has out "^local $figure.*λ in this process$"
gives 4 "${bench[@]}" --json --native=other.so wordcount table
has out '"equal": false'
gives 1 "${bench[@]}" --native=table wordcount table
gives 1 "${bench[@]}" --native=other.so stats64 table
has said "has no function stats64"
gives 1 "${bench[@]}" --native=nothing.so wordcount table
sed 's/return sizeof(\*out);/return -5;/' "$programs/wordcount.bpf.c" >fails.c
cc -O2 -shared -fPIC -D_GNU_SOURCE -I"$programs" -I"$uapi" -o fails.so fails.c
gives 0 "${bench[@]}" --native=fails.so wordcount table
has out "^read +not measured: the native code returned -5"

# Sources are compiled; what the compiler says is seen, and nothing stays.
if [ -n "${COMPILER:-}" ] && [ -e "${COMPILER%/*}/cc/include/lambda/lambda_bpf.h" ]; then
	bench[0]=$COMPILER
	gives 0 "${bench[@]}" --native="$programs/stats64.bpf.c" \
		"$objects/programs/stats64.bpf.o" table
	has out "^mmap $figure"
	echo 'int x = ;' >wrong.c
	gives 1 "${bench[@]}" --native=wrong.c stats64 table
	has said "wrong.c:1:"
	CC=nonesuch gives 1 "${bench[@]}" --native=wrong.c stats64 table
	has said "nonesuch"
	bench[0]=$lambda
fi
[ -z "$(ls -d lambda-bench-* 2>/dev/null)" ]
result $? "no folders are left"

# Globals are new for each request, of which there is one at a time.
cc -O2 -shared -fPIC -D_GNU_SOURCE -I"$programs" -I"$uapi" -w -o asis.so \
	"$programs/../tests/bpf/asis.bpf.c"
gives 0 "${bench[@]}" --jobs=2 --native=asis.so "$objects/tests/asis.bpf.o" table
has out "^read $figure .*native code.* one request at a time"
has out "^mmap $figure"

gives 4 "${bench[@]}" bitmap table
has said "bitmap: "
gives 2 "${bench[@]}" wordcount table table
gives 2 "${bench[@]}" wordcount
gives 2 "${bench[@]}" --rounds=0 wordcount table
gives 2 "${bench[@]}" csvfilter column=2 table
gives 1 "${bench[@]}" wordcount nothing
gives 3 "${bench[@]}" "$objects/tests/refused_atomic.bpf.o" table

echo "1..$count"
exit "$failed"
