#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: cli_test.sh, with LAMBDA the command and BPF_OBJECTS the build folder.
# The lambda command as far as it goes without a kernel that has λ-IO, in TAP:
# exit codes, what a person is told, and whole runs in this process.

case ${1:-} in
-h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
esac
lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"

# expect CODE TEXT ARGUMENT...: runs lambda; TEXT is a part of what it says
expect() {
	local code=$1 text=$2 said status
	shift 2
	said=$("$lambda" "$@" 2>&1 </dev/null)
	status=$?
	count=$((count + 1))
	if [ "$status" -eq "$code" ] && [[ $said == *"$text"* ]]; then
		echo "ok $count - lambda ${*##*/}"
	else
		failed=1
		echo "not ok $count - lambda ${*##*/}"
		printf '# status %s, wanted %s and "%s" in:\n' "$status" "$code" \
			"$text"
		echo "# ${said//$'\n'/$'\n'# }"
	fi
}

calls=$objects/tests/calls.bpf.o
stats=$objects/programs/stats64.bpf.o

expect 2 "Usage: lambda VERB"
expect 0 "list the λ programs" --help
expect 0 "list the λ programs" -h
expect 0 "list the λ programs" help
expect 0 "--hold" help load
expect 2 "no verb 'fly'" help fly
made_of() { sed -n "s/^$1 := //p" "${0%/*}/../Makefile"; }
for word in version --version -V "trace --version"; do
	# shellcheck disable=SC2086 # it is several
	expect 0 "lambda $(made_of VERSION), version 2 of the kernel's λ-IO" $word
done
expect 0 "library       $(made_of VERSION), of ABI $(made_of SOVERSION), a part" version
expect 0 "drives        version 1 of the λ command set is known" --version
kernel=$("$lambda" info 2>/dev/null | sed -n 's/^kernel ABI *\([0-9]*\).*/version \1 of its/p')
expect 0 "kernel        ${kernel:-has no λ-IO}" version
expect 2 "Usage: lambda version" version now
expect 2 "lambda version: unrecognized option '--fly'" --version --fly
expect 2 "no verb 'fly'" fly
expect 0 "--hold" load --help
expect 2 "which object?" load
expect 2 "Usage" load a b
expect 1 "No such file" load /nonexistent
expect 3 "not an ELF file" load "$0"
expect 3 "'first', 'second'" load "$calls"
expect 1 "no program 'third'" load --program=third "$calls"
expect 2 "'1x' is not a number" load --heap=1x "$stats"
expect 2 "--frame: '4G' is not a number from 0 to 60K" \
	load --frame=4G "$stats"
expect 2 "--frame: '64K' is not a number from 0 to 60K" \
	load --frame=64K "$stats"
expect 2 "--heap: '1G' is not a number from 0 to 256M" load --heap=1G "$stats"
expect 2 "not a multiple of 4K" load --frame=4097 "$stats"
expect 2 "'-1' is not a number" load --budget=-1 "$stats"

expect 0 "program first: " info "$calls"
expect 0 "passes the load-time check" info "$stats"
expect 0 "global squares" info "$objects/tests/globals.bpf.o"
expect 0 "heap: 5000 bytes" info "$objects/tests/options.bpf.o"
expect 0 "input: records of 24 bytes; outputs: merged" \
	info "$objects/tests/options.bpf.o"
expect 0 "input: lines, cut anywhere; outputs: one after the other" \
	info "$objects/programs/csvfilter.bpf.o"
expect 0 "input: the whole range in one request" \
	info "$objects/programs/bitmap.bpf.o"
expect 3 "calls 'bpf_printk'" info "$objects/tests/refused_call.bpf.o"
expect 3 "do not recurse" info "$objects/tests/refused_recursion.bpf.o"
expect 3 "has no λ program" info "$objects/tests/no_program.bpf.o"

# What an object is called, and what is called in it, is shown and does nothing.
expect 1 '/x\n\x1b[2J: cannot read it' info $'/x\n\033[2J'
expect 1 "no program '\\x1b]0;x'" load --program=$'\033]0;x' "$calls"
expect 2 "no verb '\\x1b[2J'" $'\033[2J'
expect 2 "'\\x1b[2J' is not a number" load --heap=$'\033[2J' "$stats"
expect 2 "invalid option -- '\\x1b'" load $'-\033'

# However long a message is, all of it is there, and no letter in two parts.
printf -v long '%40000s' ''
said=$("$lambda" run --local "$objects/programs/wordcount.bpf.o" "x${long// /λ}" 2>&1)
[ "$said" = "lambda: x${long// /λ}: File name too long" ]
result $? "a message of 80 KB"

# Objects that are no files.
expect 0 "passes the load-time check" info <(cat "$stats")
expect 3 "a device is no object file" info /dev/zero
expect 1 "Is a directory" info /
fifo=$(mktemp -u) && mkfifo "$fifo"
expect 3 "empty, and so not an ELF file" info "$fifo"
rm -f "$fifo"
large=$(mktemp) && truncate -s 64M "$large"
expect 3 "not an ELF file" info "$large"
truncate -s +1 "$large"
expect 1 "larger than the 64 MiB" info "$large"
expect 1 "larger than the 64 MiB" info <(cat "$large")

# said NAME CODE TEXT COMMAND...: any command, with TEXT on standard error
said() {
	local name=$1 code=$2 text=$3 said status
	shift 3
	said=$("$@" 2>&1 >&3 3>&-)
	status=$?
	count=$((count + 1))
	if [ "$status" -eq "$code" ] && [[ $said == *"$text"* ]]; then
		echo "ok $count - $name"
	else
		failed=1
		echo "not ok $count - $name"
		echo "# status $status, wanted $code and '$text': $said"
	fi
}

# The sanitizers' command has more address space than that.
no_memory() (
	ulimit -v 40000
	exec "$objects/lambda" "$@" "$large"
)
truncate -s 63M "$large"
for verb in info load; do
	said "$verb: no memory" 1 "out of memory" no_memory "$verb" 3>/dev/null
done
rm -f "$large"

for arguments in "info $stats" "info --help" --help -V help "help run"; do
	# shellcheck disable=SC2086
	said "lambda ${arguments/$objects/} into a full device" 1 \
		"cannot write the output: No space left on device" \
		"$lambda" $arguments 3>/dev/full
done
closed() { "$@" >&-; }
said "info into what is closed" 1 "cannot write the output: Bad file" \
	closed "$lambda" info "$stats" 3>/dev/null

# Verbs that need a kernel with λ-IO say so; a kernel that has it does more.
if "$lambda" info >/dev/null 2>&1; then
	expect 0 "kernel ABI" info
else
	for verb in ls info top trace; do
		expect 5 "no λ-IO" $verb
		expect 5 "lambda run --local\` runs" $verb
	done
	expect 5 "no λ-IO" load "$stats"
	expect 5 "lambda run --local\` runs" load "$stats"
fi

expect 2 "which disk?" info --disk
expect 2 "Usage" info a b
expect 1 "No such file" info --disk /nonexistent
expect 1 "/proc: not on a disk of its own" info --disk /proc
expect 1 "/dev/null: not on a disk of its own" info --disk /dev/null

expect 2 "'0' is not a number from 1 to 8E - 1" top --count=0
expect 2 "0.01 to 86400 seconds" top --interval=0
expect 2 "0.01 to 86400 seconds" top --interval=nan
expect 2 "0.01 to 86400 seconds" top --interval=1s
expect 2 "Usage" top all
expect 2 "'0' is not a number from 1 to 8E - 1" trace --count=0
expect 2 "Usage" trace all

expect 2 "which object, over which file?" run "$stats"
expect 2 "--batch: '0' is not a number from 1 to" run --batch=0 "$stats" /dev/null
expect 2 "--jobs: '65' is not a number from 1 to 64" run --jobs=65 "$stats" /dev/null
expect 2 "--depth: '65' is not a number from 1 to 64" run --depth=65 "$stats" /dev/null
expect 2 "--local goes without --depth" run --local --depth=8 "$stats" /dev/null
expect 2 "--write goes without --depth" run --write --depth=8 "$stats" /dev/null
expect 2 "--batch: '1G' is not a number from 1 to" run --batch=1G "$stats" /dev/null
expect 0 "1 request" run --local --verbose --batch=max "$stats" "$stats"
expect 2 "--length: 'x' is not a number" run --length=x "$stats" /dev/null
expect 2 "not host, device or auto" run --side=left "$stats" /dev/null
expect 2 "goes with --side=device" run --no-fallback "$stats" /dev/null
expect 2 "goes with --side=device" \
	run --no-fallback --side=device --side=host "$stats" /dev/null
expect 2 "not raw, hex, i64, u64, fields, json or csv" run --print=pdf "$stats" /dev/null
expect 2 "goes without --repeat" run --write --repeat=2 "$stats" /dev/null
expect 2 "--out-cap: '2G' is not a number from 1 to 1G" \
	run --out-cap=2G "$stats" /dev/null
expect 2 "pairs of hexadecimal" run --args=hex:abc "$stats" /dev/null
expect 2 "does not fit its type" run --args=u8:256 "$stats" /dev/null
expect 2 "does not fit its type" run --args=i8:128 "$stats" /dev/null
expect 2 "does not fit its type" run --args=i8:-129 "$stats" /dev/null
expect 2 "not a number" run --args=u64:-1 "$stats" /dev/null
expect 2 "not a number" run "--args=u64: -1" "$stats" /dev/null
for offset in 8E 17179869184G -1 ' 1' 1.5; do
	expect 2 "--offset: '$offset' is not a number from 0 to 8E - 1" \
		run "--offset=$offset" "$stats" /dev/null
done
expect 2 "not of the form" run --args=text "$stats" /dev/null
expect 2 "No such file" run --args=file:/nonexistent "$stats" /dev/null
expect 2 "longer than 64 KiB" run --args=file:/dev/zero "$stats" /dev/null
expect 1 "/nonexistent" run "$stats" /nonexistent
expect 1 "/nonexistent/out" \
	run --local --out=/nonexistent/out "$stats" /dev/null
for args in i8:-128 i8:127 u16:65535 i64:-9223372036854775808 \
		hex:00FFab str: str:text; do
	expect 1 "/nonexistent" run --args=$args "$stats" /nonexistent
done

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
ends=$objects/tests/ends.bpf.o source=${0%/*}/bpf/ends.bpf.c
text=$dir/text
for ((i = 0; i < 20000; i++)); do
	echo "row $i,$((i * 7 % 1000)),end"
done >"$text"
size=$(stat -c %s "$text")

# ends NAME TEXT [FUNCTION]: the program of that name ends badly, at the line
# that its source marks with the name
ends() {
	local line
	line=$(grep -n "/\* $1 \*/" "$source" | cut -d: -f1)
	expect 4 "$2, in function ${3:-$1} (./tests/bpf/ends.bpf.c:$line)" \
		run --local --program="$1" --length=7 "$ends" "$text"
}
ends null "fault: the program read from 0x10 (null pointer page), where it may not"
ends readonly "fault: the program wrote to 0x10000007 (globals, at 'constant' + 7), where it may not"
ends frame "where it may not" overrun
ends negative "program error: the program returned -33 (Numerical argument out of domain)"
ends length "bad length: the program returned 65537, more than the 65536 bytes that its output may have"
ends forever "over budget: the program used up its budget of 16777216; each backward jump takes 1"
expect 4 "bytes 4096 to 5120: " run --local --program=null --offset=4K \
	--batch=1K --each "$ends" "$text"
expect 1 "declares neither LAMBDA_RECORD() nor LAMBDA_LINES(); take a larger batch; --lines gives it whole lines, --each an answer" \
	run --local --program=null --offset=4K --batch=1K "$ends" "$text"
expect 1 "the program is over records of 8 bytes, not over lines" \
	run --local --lines "$stats" "$text"

expect 3 "function refused (./tests/bpf/refused_atomic.bpf.c:8): instruction" \
	run --local "$objects/tests/refused_atomic.bpf.o" "$text"
expect 2 "--budget: '2048G' is not a number from 0 to 1T" \
	run --local --budget=2048G "$stats" "$text"
expect 2 "--local runs on no device" \
	run --local --side=device "$stats" "$text"
expect 4 "program error: the program returned -22 (Invalid argument), in" \
	run --local --offset=1 --batch=0x3fff0000 "$stats" "$text"
expect 1 "is a folder: --recursive runs over its files" run --local "$stats" /
for offset in 2097152G 7E 0x7ffffffffffffffe; do
	expect 0 "0 requests" run --local --verbose --offset=$offset --length=100 \
		"$stats" "$text"
done
# Over nothing there is an answer, but there are no batches of it.
expect 0 "0 requests, 0 bytes in, 32 bytes out" \
	run --local --verbose --offset="$size" "$stats" "$text"
expect 0 "0 requests, 0 bytes in, 0 bytes out" \
	run --local --verbose --each --offset="$size" "$stats" "$text"
expect 0 "1 request, 1000 bytes in" run --local -v --length=1000 --batch=1000 "$stats" "$text"
expect 0 "6 requests, 6000 bytes in" run --local -v --repeat=6 --length=1000 "$stats" "$text"
expect 0 "3 requests, 3000 bytes in, 32 bytes out" run --local --verbose \
	--batch=1000 --length=3000 --out=/dev/null "$stats" "$text"
expect 0 "3 requests, 3000 bytes in, 96 bytes out" run --local --verbose \
	--batch=1000 --length=3000 --each --out=/dev/null "$stats" "$text"
expect 0 "instructions, translated" \
	run --local --verbose --length=2000 --out=/dev/null "$stats" "$text"
expect 0 "budget: 32 used; helpers went through 2000 bytes" \
	run --local --verbose --length=2000 --out=/dev/null "$stats" "$text"

# same NAME FILE: the output of the run before is what FILE has
same() {
	count=$((count + 1))
	if cmp "$dir/out" "$2" >/dev/null; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
	fi
}
run() { "$lambda" run --local --out="$dir/out" "$@"; }

for count_of in l w c; do wc -$count_of <"$text"; done >"$dir/expected"
echo 1 >>"$dir/expected"
wordcount=$objects/programs/wordcount.bpf.o
run --print=u64 "$wordcount" "$text"
same "wordcount counts as wc does" "$dir/expected"
cp "$dir/expected" "$dir/expected.wc"
read -rd '' lines words bytes first <"$dir/expected"
printf 'lines  %s\nwords  %s\nbytes  %s\nfirst  %s\nlast   0\n' "$lines" \
	"$words" "$bytes" "$first" >"$dir/fields"
run "$wordcount" "$text"
same "wordcount names what it counts" "$dir/fields"
printf '{"lines": %s, "words": %s, "bytes": %s, "first": %s, "last": 0}\n' \
	"$lines" "$words" "$bytes" "$first" >"$dir/fields"
run --json "$wordcount" "$text"
same "wordcount in JSON" "$dir/fields"
printf 'lines,words,bytes,first,last\n%s,%s,%s,%s,0\n' "$lines" "$words" \
	"$bytes" "$first" >"$dir/fields"
run --csv "$wordcount" "$text"
same "wordcount in CSV" "$dir/fields"
run --json --each --batch=3000 "$wordcount" "$text"
python3 -c 'import json, sys
print(sum(answer["bytes"] for answer in json.load(sys.stdin)))' \
	<"$dir/out" >"$dir/sum"
cp "$dir/sum" "$dir/out"
echo "$size" >"$dir/fields"
same "answers of batches are one JSON document" "$dir/fields"
run --json --batch=8K --args=str:'row 6' "$objects/programs/grep.bpf.o" "$text"
python3 -c 'import json, sys
print(len(json.load(sys.stdin)))' <"$dir/out" >"$dir/sum"
cp "$dir/sum" "$dir/out"
echo $(((size + 4095) / 4096)) >"$dir/fields"
same "rows of several requests are one JSON document" "$dir/fields"
run --csv --length=0 "$objects/programs/knn.bpf.o" coord=1 "$text"
echo id,distance >"$dir/fields"
same "no rows have their names in CSV" "$dir/fields"
expect 1 "the output is not the struct types of 64 bytes" run --local \
	--args=u8:1 "$objects/tests/types.bpf.o" "$text"
expect 0 "op: LT, LE, EQ, NE, GE, GT" info "$objects/programs/csvfilter.bpf.o"
expect 0 "colour: RED, DARK_BLUE (DARK_BLUE)" info "$objects/tests/types.bpf.o"
expect 2 "csvfilter: argument 'column' is missing; there are column, op, value" \
	run --local "$objects/programs/csvfilter.bpf.o" "$text"
expect 2 "'column=1': arguments are either by name or by --args" run --local \
	--args=u32:1 "$objects/programs/csvfilter.bpf.o" column=1 "$text"
expect 2 "stats64: no arguments by name" run --local "$stats" a=1 "$text"
expect 2 "does not declare its output by LAMBDA_OUTPUT()" run --local --csv \
	"$objects/programs/bitmap.bpf.o" "$text"

awk -F, '$2 >= 990' "$text" >"$dir/expected"
for batch in 1M 64K 100; do
	run --batch=$batch --args=u32:1 --args=u32:5 --args=i64:990 \
		"$objects/programs/csvfilter.bpf.o" "$text"
	same "csvfilter in batches of $batch selects as awk does" \
		"$dir/expected"
	run --batch=$batch "$objects/programs/csvfilter.bpf.o" column=1 op=GE \
		value=990 "$text"
	same "and so with arguments by name" "$dir/expected"
done

for side in host auto; do
	run --side=$side --snapshot --repeat=2 --args=str:'row 6' --offset=8K \
		--length=4K --print=i64 "$objects/programs/grep.bpf.o" "$text"
	tail -c +8193 "$text" | head -c 4096 | grep -abo -m 1 'row 6' |
		head -n 1 | cut -d: -f1 >"$dir/expected"
	same "grep finds what grep finds, at an offset, side $side" \
		"$dir/expected"
done

# Programs by name.
said "programs that were built with the command" 0 "" \
	"$objects/lambda" info wordcount 3>/dev/null
expect 1 "there are no programs in LAMBDA_PATH" list
export LAMBDA_PATH=$objects/programs
expect 0 "csvfilter column op value: the lines of a CSV file" list
LAMBDA_PATH=$objects/tests expect 0 "types small [flag]" list
expect 1 "wordcoun: no such file, and no program of that name" info wordcoun
expect 2 "Too many arguments" list a
expect 0 "lines, words and bytes of a text" info wordcount
mkdir "$dir/programs"
cp "$objects/programs/stats64.bpf.o" "$dir/programs/wordcount.bpf.o"
LAMBDA_PATH=$dir/none::$dir/programs expect 0 "program stats64" info wordcount
LAMBDA_PATH=$dir/none expect 1 "no such file" info wordcount
cp "$calls" "$dir/plain"
(cd "$dir" && exec "$lambda" info plain) | grep -q "program first"
result $? "a file without a folder is found as well"

# Several files, and what has no offsets.
head -n 1 "$text" >"$dir/one"
run --print=u64 wordcount "$dir/one" "$text" && head -n 1 "$dir/out" >"$dir/line"
mv "$dir/line" "$dir/out"
echo "$dir/one:1" >"$dir/fields"
same "each line has the name of its file before it" "$dir/fields"
# decoded: of JSON of bytes, whose answers are in one array or none
decoded() {
	python3 -c 'import base64, json, sys
answers = json.load(sys.stdin)
for one in answers if isinstance(answers, list) else [answers]:
    for part in (one if "file" not in one else one["answer"],):
        for each in part if isinstance(part, list) else [part]:
            assert list(each) == ["base64"], each
            sys.stdout.buffer.write(base64.b64decode(each["base64"], validate=True))' \
		<"$dir/out" >"$dir/decoded"
	mv "$dir/decoded" "$dir/out"
}
# Answers whose length leaves nothing, a byte or two to the last group of base64.
for value in 990 991 992 993 994 1000; do
	awk -F, -v value=$value '$2 >= value' "$text" >"$dir/expected"
	run --json csvfilter column=1 op=GE value=$value "$text" && decoded
	same "JSON of $(stat -c %s "$dir/expected") bytes that no object declares" \
		"$dir/expected"
done
awk -F, '$2 >= 500' "$text" >"$dir/expected"
run --json --each --batch=1K csvfilter column=1 op=GE value=500 "$text" && decoded
same "in an array of all batches" "$dir/expected"
cat "$dir/expected" "$dir/expected" >"$dir/twice"
run --json csvfilter column=1 op=GE value=500 "$text" "$text" && decoded
same "and of all files" "$dir/twice"
run --csv wordcount "$dir/one" "$dir/one"
{ echo file,lines,words,bytes,first,last
printf "$dir/one,1,2,%s,1,0\n" "$(stat -c %s "$dir/one")"{,}; } >"$dir/fields"
same "in CSV in a column" "$dir/fields"
run --json --each --batch=4K wordcount "$dir/one" "$text"
python3 -c 'import json, sys
for one in json.load(sys.stdin):
    print(one["file"], sum(part["bytes"] for part in one["answer"]))' \
	<"$dir/out" >"$dir/sum"
cp "$dir/sum" "$dir/out"
echo "$dir/one $(stat -c %s "$dir/one")
$text $size" >"$dir/fields"
same "in JSON in an object for each file" "$dir/fields"
for what in "run --print=u64 wordcount -" \
		"run --print=u64 --jobs=3 --batch=5000 wordcount /dev/stdin"; do
	# shellcheck disable=SC2002
	cat "$text" | $what
	same "a pipe: ${what##* }" "$dir/expected.wc"
done
run --print=u64 wordcount - <"$text"
same "a file as the standard input" "$dir/expected.wc"
expect 1 "/nonexistent: No such file" run --local wordcount "$text" /nonexistent
expect 2 "--write goes to one file" run --local --write wordcount "$text" "$text"
expect 2 "the output is the input" run --local --out="$text" wordcount \
	"$dir/one" "$text"

# At a terminal it is told how far a run is that takes longer than a second.
truncate -s 64G "$dir/sparse"
python3 - "$lambda" "$dir/sparse" <<'END'
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], ["lambda", "run", "--local", "wordcount", sys.argv[2]])
shown, begin = b"", time.monotonic()
while b"MB/s, " not in shown and time.monotonic() - begin < 60:
    shown += os.read(terminal, 4096)
waited = time.monotonic() - begin
os.write(terminal, b"\3")
status = os.waitpid(pid, 0)[1]
sys.exit(not (waited >= 1 and b"sparse: " in shown and
              os.WTERMSIG(status) == signal.SIGINT))
END
result $? "a terminal is shown how far a run is"

# Whichever thread writes: as of any other command, nothing is said. The answers are
# more than a pipe holds, so that the command cannot end before its reader does.
head -c 2M /dev/zero >"$dir/rows"
result=0
for _ in $(seq 30); do
	"$lambda" run --local --each --batch=64 --jobs=4 --print=u64 wordcount \
		"$dir/rows" 2>"$dir/said" | head -n 1 >"$dir/out"
	[ "${PIPESTATUS[0]}" -eq 141 ] && [ ! -s "$dir/said" ] || result=1
done
result $result "a reader that has enough ends a run by SIGPIPE"

# 12 zeros, 20 ones, 3 zeros: 00 f0 ff ff 00, and the same behind it.
printf '\014\000\024\200\003\000' >"$dir/runs"
bitmap=$objects/programs/bitmap.bpf.o
rm "$dir/out"
"$lambda" run --local --write --in="$dir/runs" "$bitmap" "$dir/out"
"$lambda" run --local --write --offset=5 "$bitmap" "$dir/out" <"$dir/runs"
printf '\000\360\377\377\000\000\360\377\377\000' >"$dir/expected"
same "bitmap writes, from a file and from standard input" "$dir/expected"
expect 4 "program error: the program returned -28" run --local --write \
	--out-cap=2 --in="$dir/runs" "$bitmap" "$dir/out"
same "a write that ended badly changes nothing" "$dir/expected"
expect 1 "No space left on device" run --local --write --in="$dir/runs" \
	"$bitmap" /dev/full

echo "1..$count"
exit $failed
