#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: cc_test.sh, with LAMBDA and COMPILER the command, once with sanitizers,
# and BPF_OBJECTS the build folder.
# Programs that `lambda cc` compiles by each front end: their output has to be
# that of the native version, and what is wrong has to be told. TAP on standard
# output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?} compiler=${COMPILER:?} objects=${BPF_OBJECTS:?}
fronts=(clang-14 clang-19)
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
sources=$(cd "${0%/*}/cc" && pwd) || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# native FRONT NAME: compiles and runs one, and compares
native() {
	local here=$1-$2
	"$compiler" cc "--clang=$1" -o "$here.o" "$sources/$2.c" &&
		"$lambda" run --local --out-cap=64K --budget=1G "$here.o" \
			"$sources/$2.c" >"$here.out" &&
		"$objects/tests/cc/$2" "$sources/$2.c" >"$here.native" &&
		[ -s "$here.out" ] && cmp "$here.out" "$here.native"
}

# wrong NAME: compiles and runs what does not work; it says why
wrong() {
	local file=$sources/wrong/$1.c want
	want=$(sed -n 's|^// says: ||p' "$file")
	[ -n "$want" ] || return
	! { "$compiler" cc -o "$1.o" "$file" &&
		"$lambda" run --local --out-cap=64K "$1.o" "$file"; } 2>said &&
		grep -qF -e "$want" said && return
	echo "# wanted: $want"
	sed 's/^/# got: /' said
	return 1
}

for front in "${fronts[@]}"; do
	for file in "$sources"/*.c; do
		name=${file##*/} name=${name%.c}
		{ native "$front" "$name"; echo $? >"$front-$name.status"; } \
			>"$front-$name.said" 2>&1 &
		# As many at once as there are processors.
		while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n; done
	done
done
wait
for front in "${fronts[@]}"; do
	for file in "$sources"/*.c; do
		name=${file##*/} name=${name%.c}
		sed 's/^/# /' "$front-$name.said"
		result "$(cat "$front-$name.status")" "$name by $front"
	done
done

for file in "$sources"/wrong/*.c; do
	name=${file##*/} name=${name%.c}
	wrong "$name"
	result $? "what is wrong is told: $name"
done

# The older instructions, which know less.
for name in statements pointers memory; do
	"$compiler" cc -mcpu=v3 -o v3.o "$sources/$name.c" &&
		"$lambda" run --local --out-cap=64K v3.o "$sources/$name.c" >v3.out &&
		cmp v3.out "clang-19-$name.native"
	result $? "$name for version 3 of BPF"
done

# The examples, by the commands that bringing-c.md has.
examples=$sources/../../examples/cc
"$compiler" cc "$examples/words.c" &&
	"$lambda" run --local words.o "$examples/words.c" >words.out &&
	tr -cs a-zA-Z '\n' <"$examples/words.c" | sort | uniq -c |
	sort -k1,1rn -k2,2 | awk '{ print $1, $2 }' | head -10 | cmp - words.out
result $? "the example with a table of words"
printf '%s\n' '2*(1.5+3)' '((((((((1+1))))))))/3' '-2.5e3*-(4-1)' '1/0' >lines
"$compiler" cc "$examples/sums.c" && "$lambda" run --local sums.o lines >sums.out &&
	printf '%s\n' 9 0.6666666667 7500 inf | cmp - sums.out
result $? "the example with recursion and floating point"
head -c 10000 "$compiler" >data
"$compiler" cc -o blocks.o "$examples/blocks.c" "$examples/adler.c" &&
	"$lambda" run --local blocks.o data >blocks.out &&
	python3 -c "
import zlib
data = open('data', 'rb').read()
print(''.join(zlib.adler32(data[i:i + 4096]).to_bytes(4, 'little').hex()
              for i in range(0, len(data), 4096)))" |
	cmp - <(od -An -v -tx1 blocks.out | tr -d ' \n'; echo)
result $? "the example with a library of its own"

# The program of the first page, as it stands there.
readme=$sources/../../../README.md
awk '/^    #include <lambda_bpf.h>/ { on = 1 } on && /^[^ ]/ { exit }
	on { print substr($0, 5) }' "$readme" >shown
sed 1,2d "$sources/../../examples/longlines.c" | expand -t 4 | diff - <(sed '$d' shown)
result $? "README.md shows the example"
[ "$(grep -c . shown)" -le 15 ]
result $? "of 15 lines"
flags=$(PKG_CONFIG_PATH=$objects pkg-config --variable=bpfcflags liblambda-uninstalled)
# shellcheck disable=SC2086 # they are several
clang-14 $flags -c "$sources/../../examples/longlines.c" &&
	"$lambda" run --local --json longlines.o than=80 "$readme" >longlines.out &&
	echo "{\"lines\": $(LC_ALL=C awk 'length > 80' "$readme" | wc -l)}" | cmp - longlines.out
result $? "and has arguments and an answer by name"

# What an object tells of itself is there, whoever has compiled it.
# told OBJECT: what it is about, and of its program all but the code
told() {
	"$lambda" info --json "$1" | python3 -c 'import json, sys
told = json.load(sys.stdin)
print(told["about"], [told["programs"][0][name] for name in
      ("input", "anywhere", "outputs", "arguments", "output")])'
}
for front in "${fronts[@]}"; do
	for file in programs/{csvfilter,grep,histogram,knn,stats64,wordcount} tests/types; do
		source=$sources/../../${file/tests/tests\/bpf}.bpf.c
		"$compiler" cc "--clang=$front" -o own.o "$source" &&
			told own.o >own.told &&
			told "$objects/$file.bpf.o" | cmp - own.told && grep -q "'fields'" own.told
		result $? "${file#*/}: its arguments, its output and how it is cut, by $front"
	done
	"$compiler" cc "--clang=$front" -o filter.o "$sources/../../programs/csvfilter.bpf.c"
	printf '7,a\n8,b\n7,c' >rows
	"$lambda" run --local filter.o column=0 op=EQ value=7 rows >selected 2>said &&
		printf '7,a\n7,c' | cmp - selected
	result $? "and it runs by them"
	! "$lambda" run --local filter.o column=0 op=IS value=7 rows 2>said &&
		grep -q "LT, LE, EQ" said
	result $? "and tells them"
	"$compiler" cc "--clang=$front" -c -o lines.bc "$sources/../../examples/longlines.c" &&
		"$compiler" cc -o lines.o lines.bc &&
		"$lambda" run --local --json lines.o than=80 "$readme" | cmp - longlines.out
	result $? "linked later, it has an answer by name"
done
# shellcheck disable=SC2086 # they are several
clang-14 $flags -g0 -Xclang -disable-llvm-passes -emit-llvm -c -o untold.bc \
	"$sources/../../examples/longlines.c" && "$compiler" cc -o untold.o untold.bc 2>said &&
	grep -q "the types of LAMBDA_ARGS() are not known" said &&
	"$lambda" run --local --args=u32:80 --print=u64 untold.o "$readme" >said &&
	echo "{\"lines\": $(cat said)}" | cmp - longlines.out
result $? "without debug info that is said, and it runs without"
printf '%s\n' '#include <lambda_bpf.h>' 'LAMBDA_OUTPUT(int);' >other.c
! "$compiler" cc -o bad.o "$sources/../../examples/longlines.c" other.c 2>said &&
	grep -q "LAMBDA_OUTPUT() is in several of these files" said
result $? "two outputs are refused"

# Several files, compiled one by one and linked.
printf '%s\n' 'int twice(int n) { return 2 * n; }' >part.c
printf '%s\n' '#include <lambda_bpf.h>' 'int twice(int n);' \
	'LAMBDA_PROGRAM(two)(struct lambda_ctx *ctx)' \
	'{ *(int *)lambda_out(ctx) = twice(ctx->in_len); return 4; }' >whole.c
"$compiler" cc -c part.c whole.c && "$compiler" cc -o two.o whole.o part.o
result $? "objects are linked"
"$lambda" run --local --out-cap=8 --out=two.out two.o part.c &&
	[ "$(od -An -td4 two.out | tr -d ' ')" = $((2 * $(stat -c %s part.c))) ]
result $? "and run"

# What describes functions less than a front end crashes over still has places.
"$compiler" cc --clang=clang-19 -o crashed.o "$sources/linkage.c" 2>said
"$lambda" info crashed.o >told && grep -q "linkage.c:[1-9]" told
result $? "places stay where the front end crashes over types"

# Without places in the source, as what a front end makes of what it crashes over.
cat >bare.c <<'EOC'
unsigned long strlen(const char *);
char *strchrnul(const char *, int);
__attribute__((noinline)) long lengths(const char *p, long n)
{
	long sum = 0;

	while (n--)
		sum += strlen(p + n) * (strchrnul(p, 'a' + n % 26) - p);
	return sum;
}
EOC
clang-19 -target bpf -O2 -g0 -fno-builtin -Xclang -disable-llvm-passes -emit-llvm -c \
	-o bare.o bare.c
printf '%s\n' '#include <lambda_bpf.h>' 'long lengths(const char *p, long n);' \
	'LAMBDA_PROGRAM(bare)(struct lambda_ctx *ctx)' \
	'{ *(long *)lambda_out(ctx) = lengths("a text of some length", 20); return 8; }' \
	>placed.c
"$compiler" cc -o bare-placed.o placed.c bare.o &&
	"$lambda" run --local --out-cap=8 --print=u64 bare-placed.o part.c >said &&
	[ "$(cat said)" = 3474 ]
result $? "a file without places in the source"

# Copies of up to 64 bytes are loads and stores, others are the helper's.
for size in 8 32 33 64 65; do
	printf '%s\n' '#include <lambda_bpf.h>' '#include <string.h>' \
		'LAMBDA_PROGRAM(copy)(struct lambda_ctx *ctx)' \
		"{ memcpy(lambda_out(ctx), lambda_in(ctx), $size); return $size; }" >copy.c
	"$compiler" cc copy.c && llvm-objdump -d copy.o >said &&
		[ "$(grep -cw call said)" = $((size > 64)) ] &&
		"$lambda" run --local --out-cap=100 --print=raw copy.o whole.c |
		cmp - <(head -c "$size" whole.c)
	result $? "a copy of $size bytes"
done

# What asks an operating system is told the same each time.
cat >system.c <<'EOC'
#include <lambda_bpf.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

LAMBDA_PROGRAM(asks)(struct lambda_ctx *ctx)
{
	struct timeval now = { 1, 2 };
	long *out = lambda_out(ctx);

	out[0] = gettimeofday(&now, NULL) || now.tv_sec || now.tv_usec;
	out[1] = time(NULL) != -1 || getpid() != 1 || getenv("PATH");
	return 16;
}
EOC
"$compiler" cc system.c && "$lambda" run --local --out-cap=16 system.o part.c |
	cmp - <(head -c 16 /dev/zero)
result $? "the time, the process and its environment"

# What it is made of, for those who work on lambda cc.
LAMBDA_CC_DUMP=1 "$compiler" cc copy.c 2>said && grep -q "^; ModuleID = 'lambda'" said
result $? "the program before each group of passes, when asked"

# Libraries, in any place; of their members, what is missing and nothing else.
printf '%s\n' 'int half(int n); int twice(int n) { return 4 * half(n); }' >twice.c
printf '%s\n' 'int half(int n) { return n / 2; }' >a-name-of-more-than-16.c
printf '%s\n' 'int twice(int n); int thrice(int n) { return twice(n) + other(n); }' \
	'int unused = 3;' >idle.c
"$compiler" cc -c -w twice.c a-name-of-more-than-16.c idle.c &&
	ar rc twice.a idle.o twice.o >said 2>&1 &&
	ar rc half.a a-name-of-more-than-16.o >said 2>&1 &&
	"$compiler" cc -o two.o twice.a half.a whole.o &&
	"$lambda" run --local --out-cap=8 --print=hex two.o part.c >library.out &&
	"$compiler" cc -o two.o whole.o half.a twice.a &&
	"$lambda" run --local --out-cap=8 --print=hex two.o part.c | cmp - library.out
result $? "libraries are linked, in any order"
ar rcT thin.a twice.o >said 2>&1 && ! "$compiler" cc -o bad.o whole.o thin.a 2>said &&
	grep -q "thin.a: a thin archive" said
result $? "a thin archive is told"
head -c 200 twice.a >cut.a && ! "$compiler" cc -o bad.o whole.o cut.a 2>said &&
	grep -q "cut.a: no archive: it ends within a member" said
result $? "half an archive is told"
! "$compiler" cc -o bad.o whole.o half.a 2>said && grep -q "calls 'twice'" said
result $? "what no library has is told"

# How much malloc() may give.
printf '%s\n' '#include <lambda_bpf.h>' '#include <stdlib.h>' '#ifdef HEAP' \
	'LAMBDA_HEAP(HEAP);' '#endif' 'LAMBDA_PROGRAM(most)(struct lambda_ctx *ctx)' \
	'{ *(__u64 *)lambda_out(ctx) = ctx->heap_len; return malloc(1) ? 8 : 0; }' >most.c
# heap WANT OPTION...: of the object that these options make
heap() {
	local want=$1
	shift
	"$compiler" cc "$@" most.c &&
		[ "$("$lambda" run --local --out-cap=8 --print=u64 most.o part.c)" = "$want" ]
	result $? "a heap of $want bytes${*:+ with $*}"
}
heap $((8 << 20))
heap 65536 --heap=64K
heap 20480 --heap=64K -DHEAP=20480
for heap in 1K 1G 5X -4K ''; do
	! "$compiler" cc "--heap=$heap" most.c 2>said &&
		grep -qF -e "--heap=$heap: between 4K and 256M is needed" said
	result $? "a heap of '$heap' is refused"
done
! "$compiler" cc -o bad.o two.o 2>said && grep -q "machine code" said
result $? "machine code is told from bitcode"
! "$compiler" cc -o bad.o nowhere.c 2>said && grep -q "nowhere.c" said
result $? "a source that is not there is told"

echo "1..$count"
exit "$failed"
