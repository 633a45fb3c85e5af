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
says 1 "Is a directory" run "$objects/stats64.bpf.o" /proc
says 4 "program error: the program returned -22" \
	run --batch=7 "$objects/stats64.bpf.o" "$text"
says 4 "over budget" run --budget=100 "$objects/wordcount.bpf.o" "$text"
says 1 "the drive did not run it: the file is not on a disk that runs" \
	run --side=device --no-fallback "$objects/wordcount.bpf.o" "$text"
says 0 "1 on the host: the file is not on a disk that runs λ programs" \
	run --side=device --verbose --out=/dev/null "$objects/wordcount.bpf.o" \
	"$text"
says 0 "1 on the host: the caller asked for it" \
	run --side=host --verbose --out=/dev/null "$objects/wordcount.bpf.o" \
	"$text"
says 3 "Message too long" load --heap=1G "$objects/wordcount.bpf.o"
says 0 "1 requests, $size bytes in, 32 bytes out" \
	run --verbose --out=/dev/null "$objects/wordcount.bpf.o" "$text"

# One number a line: lines, words, bytes, and the flags of the edges.
lambda run --print=u64 "$objects/wordcount.bpf.o" "$text" >"$dir/out"
{ wc -l; } <"$text" >"$dir/expected"
wc -w <"$text" >>"$dir/expected"
printf '%s\n1\n' "$size" >>"$dir/expected"
same "wordcount counts as wc does" "$dir/out" "$dir/expected"

awk -F, '$2 >= 990' "$text" >"$dir/expected"
for batch in 1M 64K 100; do
	lambda run --lines --batch=$batch --args=u32:1 --args=u32:5 \
		--args=i64:990 --out="$dir/out" "$objects/csvfilter.bpf.o" "$text"
	result $? "csvfilter in batches of $batch"
	same "csvfilter in batches of $batch selects as awk does" \
		"$dir/out" "$dir/expected"
done

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

done_testing
