#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The lambda command over real files: what it prints, what it writes, what it
# says of a λ that ended badly, and its exit codes. TAP on standard output.

. "${0%/*}/command.sh"

text=$dir/text
make_text "$text"
size=$(stat -c %s "$text")

says 0 "kernel ABI" info
says 0 "prog_sha256" load "$objects/stats64.bpf.o"
says 1 "is a folder: --recursive runs over its files" run "$objects/stats64.bpf.o" /proc
says 4 "program error: the program returned -22" \
	run --length=7 "$objects/stats64.bpf.o" "$text"
says 4 "over budget" run --budget=100 "$objects/wordcount.bpf.o" "$text"
says 1 "the drive did not run it: the file is not on a disk that runs" \
	run --side=device --no-fallback "$objects/wordcount.bpf.o" "$text"
says 0 "1 on the host: the file is not on a disk that runs λ programs" \
	run --side=device --verbose --out=/dev/null "$objects/wordcount.bpf.o" \
	"$text"
says 0 "1 on the host: the caller asked for it" \
	run --side=host --verbose --out=/dev/null "$objects/wordcount.bpf.o" \
	"$text"
says 2 "--heap: '1G' is not a number from 0 to 256M" \
	load --heap=1G "$objects/wordcount.bpf.o"
says 0 "1 request, $size bytes in, 32 bytes out" \
	run --verbose --out=/dev/null "$objects/wordcount.bpf.o" "$text"

# One number a line: lines, words, bytes, and the flags of the edges.
lambda run --print=u64 "$objects/wordcount.bpf.o" "$text" >"$dir/out"
{ wc -l; } <"$text" >"$dir/expected"
wc -w <"$text" >>"$dir/expected"
printf '%s\n1\n' "$size" >>"$dir/expected"
same "wordcount counts as wc does" "$dir/out" "$dir/expected"
for batch in 1000 64K; do
	lambda run --batch=$batch --print=u64 "$objects/wordcount.bpf.o" \
		"$text" >"$dir/out"
	same "and in batches of $batch, whose answers are merged" "$dir/out" \
		"$dir/expected"
done

awk -F, '$2 >= 990' "$text" >"$dir/expected"
for batch in 1M 64K 100; do
	lambda run --batch=$batch --args=u32:1 --args=u32:5 \
		--args=i64:990 --out="$dir/out" "$objects/csvfilter.bpf.o" "$text"
	result $? "csvfilter in batches of $batch"
	same "csvfilter in batches of $batch selects as awk does" \
		"$dir/out" "$dir/expected"
done

# The example of a ring, which a kernel tree does not have: its requests are
# under way at a time. Nor may the kernel have rings that take them.
if [ -x "${0%/*}/ring_example" ] && grep -q ' io_lambda_prep$' /proc/kallsyms
then
	{ cat "$text"; head -c 3000001 /dev/zero; cat "$text"; } >"$dir/zeros"
	tr -dc '\0' <"$dir/zeros" | wc -c >"$dir/expected"
	"${0%/*}/ring_example" "${0%/*}/minimal.bpf.o" "$dir/zeros" >"$dir/out"
	same "a ring's requests count what there is" "$dir/out" "$dir/expected"
fi

# A file whose server gives a part of what it is asked for, and an error when it
# is closed, as a server does that is full.
mkdir "$dir/fuse"
"${0%/*}/fuse_file" "$dir/fuse" "$text" 100000 28
result $? "a file of another process is mounted"
awk -F, '$2 >= 0' "$text" >"$dir/expected"
for side in --local --side=host --side=auto; do
	lambda run $side --args=u32:1 --args=u32:5 --args=i64:0 \
		--out="$dir/out" "$objects/csvfilter.bpf.o" "$dir/fuse/file"
	same "reads that come back short are not its end, $side" "$dir/out" \
		"$dir/expected"
	printf '\377\377\010\200' >"$dir/runs"
	says 1 "No space left on device" run $side --write --in="$dir/runs" \
		--offset=1M "$objects/bitmap.bpf.o" "$dir/fuse/file"
	lambda run $side "$objects/wordcount.bpf.o" "$text" 2>"$dir/said" \
		>>"$dir/fuse/file"
	[ $? -eq 1 ] && grep -q "No space left on device" "$dir/said"
	result $? "an error of closing standard output is told, $side"
done
umount "$dir/fuse"

# A disk that is full leaves a file as it was.
mkdir "$dir/small"
cat "$text" "$text" "$text" >"$dir/thrice"
mount -t tmpfs -o size=512K none "$dir/small"
echo old >"$dir/small/out"
for side in --local --side=host; do
	says 1 "No space left on device" run $side --args=u32:1 --args=u32:5 \
		--args=i64:0 --out="$dir/small/out" "$objects/csvfilter.bpf.o" \
		"$dir/thrice"
	[ "$(<"$dir/small/out")" = old ] && [ "$(ls -A "$dir/small")" = out ]
	result $? "and the file is as it was, $side"
done
umount "$dir/small"

row=$(tail -c +8193 "$text" | head -c 4096)
before=${row%%row 6*}
echo ${#before} >"$dir/expected"
[ "$before" != "$row" ] || echo -1 >"$dir/expected"
lambda run --print=i64 --offset=8K --length=4K --args=str:'row 6' \
	"$objects/grep.bpf.o" "$text" >"$dir/out"
same "grep finds what grep finds, at an offset" "$dir/out" "$dir/expected"

# 12 zeros, 20 ones, 3 zeros: 00 f0 ff ff 00, and the same behind it.
printf '\014\000\024\200\003\000' >"$dir/runs"
lambda run --write --in="$dir/runs" "$objects/bitmap.bpf.o" "$dir/bits"
result $? "bitmap writes"
lambda run --write --offset=5 "$objects/bitmap.bpf.o" "$dir/bits" <"$dir/runs"
result $? "bitmap writes behind it, from standard input"
printf '\000\360\377\377\000\000\360\377\377\000' >"$dir/expected"
same "bitmap wrote both" "$dir/bits" "$dir/expected"

# A log that may only grow takes what belongs at its end.
printf first >"$dir/log"
chattr +a "$dir/log"
for side in --local --side=host; do
	size_now=$(stat -c %s "$dir/log")
	says 1 "can only be appended to: --offset=$size_now" run $side --write \
		--in="$dir/runs" "$objects/bitmap.bpf.o" "$dir/log"
	says 0 "" run $side --write --offset="$size_now" --in="$dir/runs" \
		"$objects/bitmap.bpf.o" "$dir/log"
done
chattr -a "$dir/log"
printf 'first\000\360\377\377\000\000\360\377\377\000' >"$dir/expected"
same "bitmap was appended" "$dir/log" "$dir/expected"

cp "$dir/bits" "$dir/before"
says 4 "program error: the program returned -28" \
	run --write --out-cap=2 --in="$dir/runs" "$objects/bitmap.bpf.o" \
	"$dir/bits"
same "a write that ended badly changed nothing" "$dir/bits" "$dir/before"

lambda load --hold "$objects/grep.bpf.o" >"$dir/held" &
held=$!
while [ ! -s "$dir/held" ] && kill -0 $held; do
	sleep 0.1
done
id=$(awk '$1 == "prog_id" { print $2 }' "$dir/held")
lambda ls >"$dir/ls"
grep -q "^ *$id  grep " "$dir/ls"
result $? "ls shows the program"
grep -q "^ *$id  *[1-9][0-9]*  *$held .* lambda$" "$dir/ls"
result $? "ls shows the handle"
kill $held
wait $held 2>/dev/null
lambda ls >"$dir/ls"
! grep -q "^ *$id  grep " "$dir/ls"
result $? "a program goes with its last handle"

# What it cannot write it says.
for arguments in ls info "load $objects/grep.bpf.o" --help; do
	# shellcheck disable=SC2086
	said=$(lambda $arguments 2>&1 >/dev/full)
	[ $? -eq 1 ] && [[ $said == *"cannot write the output: No space"* ]]
	result $? "lambda ${arguments%% *} into a full device"
done

# A task may have any name; ls shows it, and that is all it does.
odd=$dir/$'\033[2J\nx'
cp "$(command -v lambda)" "$odd"
rm "$dir/held"
"$odd" load --hold "$objects/grep.bpf.o" >"$dir/held" &
held=$!
while [ ! -s "$dir/held" ] && kill -0 $held; do
	sleep 0.1
done
lambda ls >"$dir/ls"
grep -F " $held " "$dir/ls" | grep -qF ' \x1b[2J\nx' &&
	! grep -q $'\033' "$dir/ls"
result $? "ls shows a task's name and does nothing else"
kill $held
wait $held 2>/dev/null

# ends SIGNAL VERB...: a verb whose output is not read ends all the same
ends()
{
	local signal=$1 pid i
	shift
	rm -f "$dir/pipe"
	mkfifo "$dir/pipe"
	exec 8<>"$dir/pipe"
	head -c 65536 /dev/zero >&8
	lambda "$@" >&8 2>"$dir/said" 8>&- &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[[ $(cat "/proc/$pid/wchan") != *pipe_write* ]] || break
		sleep 0.1
	done
	[ $i -lt 100 ]
	result $? "lambda $1 waits for a reader"
	kill -"$signal" $pid
	for ((i = 0; i < 50; i++)); do
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	[ $i -lt 50 ] || kill -KILL $pid
	wait $pid 2>/dev/null
	[ $i -lt 50 ] && [ ! -s "$dir/said" ]
	result $? "lambda $1 ends with $signal"
	exec 8>&-
	! ls -d /sys/kernel/tracing/instances/lambda-* 2>/dev/null
	result $? "lambda $1 leaves nothing in tracefs"
}
for signal in INT TERM HUP; do
	ends $signal trace
	ends $signal top
done

# One that has read enough is no error to talk about.
(lambda trace 2>"$dir/said" | head -n 1 >/dev/null) &
both=$!
for ((i = 0; i < 50; i++)); do
	kill -0 $both 2>/dev/null || break
	lambda run --out=/dev/null "$objects/wordcount.bpf.o" "$text"
	sleep 0.1
done
[ $i -lt 50 ] && [ ! -s "$dir/said" ]
result $? "lambda trace ends with its reader"

# denied CODE TEXT ERRNO CALLS ARGUMENT...: under a filter of system calls,
# which is none of a missing capability
denied()
{
	local code=$1 text=$2 err=$3 calls=$4 said status
	shift 4
	said=$("${0%/*}/lambda_deny" "$err" "$calls" lambda "$@" 2>&1)
	status=$?
	[ $status -eq "$code" ] && [[ $said == *"$text"* ]] &&
		[[ $said != *CAP_BPF* ]] && [[ $said == *"run --local"* ]]
	result $? "errno $err for $calls: lambda $1"
	[ $status -eq "$code" ] || echo "# status $status: $said"
}
calls=548,549,550
denied 1 "filter of this process" 1 $calls load "$objects/grep.bpf.o"
denied 1 "the system call filter" 1 321 load "$objects/grep.bpf.o"
denied 5 "filter of this process" 38 321 load "$objects/grep.bpf.o"
denied 5 "no λ-IO, or the system call filter" 38 $calls load \
	"$objects/grep.bpf.o"
denied 5 "forbids λ-IO" 1 $calls info
denied 5 "no λ-IO, or the system call filter" 38 $calls ls
denied 5 "no λ-IO, or the system call filter" 38 $calls top --once
denied 5 "no λ-IO, or the system call filter" 38 $calls trace

# Without capabilities: not unless the administrator lets everybody, and then as
# root does, merge programs included.
as_user="setpriv --reuid=1000 --regid=1000 --clear-groups"
for_all=/proc/sys/fs/lambda/unprivileged
wordcount="$objects/wordcount.bpf.o"
chmod 755 "$dir"
echo 0 >$for_all
$as_user lambda run --out=- "$wordcount" "$text" >"$dir/said" 2>&1
[ $? -eq 1 ] && grep -q "or fs.lambda.unprivileged=1" "$dir/said"
result $? "who may not load is told of fs.lambda.unprivileged"
echo 1 >$for_all
lambda run --print=u64 "$wordcount" "$text" >"$dir/expected"
$as_user lambda run --print=u64 "$wordcount" "$text" >"$dir/out" 2>"$dir/said"
same "everybody may load with fs.lambda.unprivileged" "$dir/out" "$dir/expected"
sed 's/^/# /' "$dir/said"
echo 0 >$for_all

# What was pinned once is run by who may not load, and written by as well: of lines
# the program that writes is another one than that which reads.
pin=/sys/fs/bpf/command_test
rows="column=1 op=GE value=990"
awk -F, '$2 >= 990' "$text" >"$dir/expected"
says 0 "prog_sha256" load --pin=$pin "$objects/csvfilter.bpf.o"
says 1 "File exists" load --pin=$pin "$objects/csvfilter.bpf.o"
says 1 "not in a BPF filesystem" load --pin="$dir/pin" "$objects/csvfilter.bpf.o"
chmod -R a+rX $pin
for batch in 1M 100; do
	# shellcheck disable=SC2086
	$as_user lambda run --batch=$batch $pin $rows "$text" >"$dir/out" 2>"$dir/said"
	same "what is pinned is run without a capability" "$dir/out" "$dir/expected"
	sed 's/^/# /' "$dir/said"
done
: >"$dir/written" && chown 1000 "$dir/written"
# shellcheck disable=SC2086
$as_user lambda run --write $pin $rows "$dir/written" <"$text"
same "and what it writes is the answer alone" "$dir/written" "$dir/expected"
says 2 "is the program 'csvfilter', not 'stats64'" run --program=stats64 $pin "$text"
rm -r $pin
says 0 "prog_sha256" load --pin=$pin "$wordcount"
chmod -R a+rX $pin
lambda run "$wordcount" "$text" >"$dir/expected"
$as_user lambda run --batch=1000 $pin "$text" >"$dir/out" 2>"$dir/said"
same "outputs of what is pinned are merged" "$dir/out" "$dir/expected"
rm -r $pin

done_testing
