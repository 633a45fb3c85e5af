#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: engines_test.sh, with COMPILER the command and BPF_OBJECTS the build folder.
# What compares λs with native code for scripts/check-corpus: it tells a λ that did
# not come to its end from one whose output is another. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

compiler=${COMPILER:?} engines=${BPF_OBJECTS:?}/tests/engines
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
programs=$(cd "${0%/*}/../programs" && pwd) || exit 1
uapi=$(cd "${0%/*}/../../linux/include/uapi" && pwd) || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# It takes long enough for one turn to be timed.
cat >part.c <<'EOC'
#include <lambda_bpf.h>
#include <stdlib.h>

#ifndef __bpf__
#define SIZE 100
#endif

LAMBDA_PROGRAM(corpus)(struct lambda_ctx *ctx)
{
	unsigned char *volatile block = malloc(SIZE);
	unsigned char *out = lambda_out(ctx);
	volatile int turns = 3000000;

	if (!block)
		exit(1);
	while (turns--)
		;
	out[2] = BYTE;
	return LENGTH;
}
EOC

# made NAME OPTION...: the same source as a λ, or as a shared library
made() {
	local name=$1
	shift
	case $name in
	*.so) clang-19 -fPIC -shared -D_GNU_SOURCE -I"$programs" -I"$uapi" "$@" \
		-o "$name" part.c ;;
	*) "$compiler" cc "$@" -o "$name" part.c ;;
	esac
}

# says WHY OBJECT: it is not as native code, and why is told in one line
says() {
	"$engines" "$2" part.c out ./native.so 1 >ran 2>said
	[ $? -eq 2 ] && [ "$(cat said)" = "engines: $1" ] && return
	sed 's/^/# got: /' said
	return 1
}

made native.so -DBYTE=7 -DLENGTH=3
made same.o -DSIZE=100 -DBYTE=7 -DLENGTH=3
"$engines" same.o part.c out ./native.so 1 >ran && cmp out <(printf '\0\0\7')
result $? "a λ that does what native code does"
made small.o -DSIZE=100000000 -DBYTE=7 -DLENGTH=3
says "the λ does not end well: the program called exit(1)" small.o
result $? "a λ that has not got the memory is told"
made longer.o -DSIZE=100 -DBYTE=7 -DLENGTH=4
says "its output is another one: the λ returns 4, natively it is 3" longer.o
result $? "a λ that puts out more is told"
made other.o -DSIZE=100 -DBYTE=9 -DLENGTH=3
says "its output is another one: byte 2 is 0x09, natively 0x07" other.o
result $? "a λ that puts out another byte is told"

echo "1..$count"
exit "$failed"
