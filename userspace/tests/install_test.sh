#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: install_test.sh, with BPF_OBJECTS the build folder.
# make install, several times with different values: each is right, and what
# pkg-config says of it compiles and links the example. TAP on standard output.

case ${1:-} in
-h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
esac
built=${BPF_OBJECTS:?}
cd "$(dirname "$0")/.." || exit 2
# The values are those below, and not of the call that this is part of.
unset MAKEFLAGS MFLAGS PREFIX LIBDIR DESTDIR
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
count=0 failed=0

# result STATUS NAME; what was said is shown when it failed
result() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
		sed 's/^/# /' "$dir/said"
	fi
}

# make_it TARGET VALUE...
make_it() {
	make --no-print-directory O="$built" "$@" >"$dir/said" 2>&1
}

# knows ARGUMENT...: pkg-config, of the installation at $stage, $prefix, $libdir
knows() {
	local defined=()
	[ -z "$stage" ] || defined=(--define-variable=prefix="$stage$prefix")
	PKG_CONFIG_PATH=$stage$libdir/pkgconfig pkg-config "${defined[@]}" "$@" liblambda
}

# value NAME WANTED: of a variable, as it is where this will be used
value() {
	local got
	got=$(PKG_CONFIG_PATH=$stage$libdir/pkgconfig pkg-config --variable="$1" liblambda)
	[ "$got" = "$2" ] && return
	echo "$1 is $got, not $2" >>"$dir/said"
	return 1
}

compiles() {
	local words
	read -ra words <<<"$(knows --variable=bpfcflags)"
	"${CLANG:-clang}" "${words[@]}" -Wall -Wpedantic -Werror -c examples/minimal.bpf.c \
		-o "$dir/minimal.bpf.o" &&
		read -ra words <<<"$(knows --cflags --libs)" &&
		"${CC:-cc}" examples/minimal.c "${words[@]}" \
			-Wl,-rpath,"$stage$libdir" -o "$dir/minimal" &&
		ldd "$dir/minimal" | grep -q " $stage$libdir/liblambda.so" &&
		"${CC:-cc}" examples/ring.c "${words[@]}" -luring -o "$dir/ring" &&
		"$stage$prefix/bin/lambda" run --local "$dir/minimal.bpf.o" Makefile
}

# The compiler finds its headers and its library beside itself.
makes_objects() {
	"$stage$prefix/bin/lambda" cc -o "$dir/memory.o" -Itests/cc tests/cc/memory.c &&
		"$stage$prefix/bin/lambda" run --local --out-cap=64K "$dir/memory.o" Makefile
}

# What was built is used without an installation, by its own pkg-config file.
uninstalled() {
	local words
	read -ra words <<<"$(PKG_CONFIG_PATH=$built pkg-config --variable=bpfcflags liblambda)"
	"${CLANG:-clang}" "${words[@]}" -c examples/minimal.bpf.c -o "$dir/minimal.bpf.o" &&
		read -ra words <<<"$(PKG_CONFIG_PATH=$built pkg-config --cflags --libs liblambda)" &&
		"${CC:-cc}" examples/minimal.c "${words[@]}" -o "$dir/minimal" &&
		"$built/lambda" run --local "$dir/minimal.bpf.o" Makefile &&
		{ said=$("$dir/minimal" "$dir/minimal.bpf.o" Makefile 2>&1) ||
			[[ $said == *"cannot be loaded"* ]]; }
}

# own_names FILE NM-OPTION...: it defines the names of the interface, and no other
own_names() {
	diff <(sed -n 's/^\t\t\(lambda_.*\);/\1/p' liblambda/liblambda.map | sort) \
		<(nm --defined-only --format=posix "${@:2}" "$1" |
			awk 'NF > 2 && $2 != "A" { sub("@.*", "", $1); print $1 }' | sort) \
		>>"$dir/said"
}

# order: the flag that keeps blocks in their order, where the compiler has it
order() {
	local flag="-mllvm -disable-block-placement"

	# shellcheck disable=SC2086 # two words
	! "${CLANG:-clang}" -target bpf $flag -x c -c -o /dev/null /dev/null 2>/dev/null ||
		echo "$flag "
}

# installs STAGE PREFIX LIBDIR VALUE...: the VALUEs are what make is told
installs() {
	local where="DESTDIR=$1 PREFIX=$2 LIBDIR=$3" said
	stage=$1 prefix=$2 libdir=$3
	shift 3
	make_it install "$@"
	result $? "${where//$dir/.} is installed"
	value prefix "$prefix" && value includedir "$prefix/include/lambda" &&
		value libdir "$libdir"
	result $? "liblambda.pc has its values"
	said=$(knows --variable=bpfcflags)
	[[ $said == "-target bpf -O2 -g -mcpu=v3 -fno-builtin $(order)-I$stage$prefix/"* ]]
	result $? "bpfcflags are all that a λ is compiled with"
	compiles >>"$dir/said" 2>&1
	result $? "the example compiles and links with what was installed"
	makes_objects >>"$dir/said" 2>&1
	result $? "lambda cc compiles with what was installed"
	[ "$(readlink "$stage$prefix/share/man/man3/lambda_side_name.3")" = lambda_explain.3 ]
	result $? "a page has all its names"
	# shellcheck disable=SC2016 # the shell that is started expands it
	[ "$(bash -c '. "$1/share/bash-completion/completions/lambda"; complete -p lambda' \
		- "$stage$prefix")" = "complete -F _lambda lambda" ]
	result $? "bash completes the command"
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$stage$prefix/lib/python3/dist-packages \
		LIBLAMBDA=$stage$libdir/liblambda.so.0 PATH=$stage$prefix/bin:$PATH \
		python3 -c 'import lambdaio; lambdaio.open("wordcount").run("Makefile").lines' \
		>>"$dir/said" 2>&1
	result $? "lambdaio is found by Python, and finds library and programs"
	python3 -m json.tool "$stage$prefix/share/lambda-io/lambda.schema.json" >>"$dir/said"
	result $? "the schema of what it prints is there"
}

# refuses TEXT VALUE...: says TEXT, and leaves nothing
refuses() {
	local text=$1
	shift
	make_it install "$@"
	[ $? -eq 2 ] && grep -qF "$text" "$dir/said" && [ ! -e "$dir/refused" ]
	result $? "refused: ${*//$dir/.}"
}

# leaves VALUE...: uninstall takes all away but what others put there
leaves() {
	local left
	echo other >"$stage$prefix/lib/other"
	make_it uninstall "$@"
	result $? "uninstall"
	left=$(find "$stage$prefix" "$stage$libdir" ! -type d | sort -u)
	[ "$left" = "$stage$prefix/lib/other" ] && [ ! -e "$stage$prefix/include/lambda" ]
	result $? "what is left is not the project's"
}

uninstalled >"$dir/said" 2>&1
result $? "the example compiles, links and runs with what was not installed"
own_names "$built/liblambda.a" -g
result $? "the static library defines no foreign names"
own_names "$built/liblambda.so.0" -D
result $? "nor does the dynamic one"
installs "" "$dir/one" "$dir/one/lib" PREFIX="$dir/one"
installs "$dir/stage" /usr /usr/lib/deep/er DESTDIR="$dir/stage" LIBDIR=/usr/lib/deep/er
installs "" "$dir/one" "$dir/elsewhere" PREFIX="$dir/one" LIBDIR="$dir/elsewhere"
installs "$dir/stage" /opt/a+b /opt/a+b/lib DESTDIR="$dir/stage" PREFIX=/opt/a+b
leaves DESTDIR="$dir/stage" PREFIX=/opt/a+b
[ -x "$dir/stage/usr/bin/lambda" ] && [ -x "$dir/one/bin/lambda" ]
result $? "other installations stay"
refuses "no blanks" PREFIX="$dir/refused/a b"
refuses "no blanks" LIBDIR="/usr/lib it's" DESTDIR="$dir/refused"
refuses "no blanks" DESTDIR="$dir/refused/\"b \$c"
refuses "begin with /" PREFIX=refused DESTDIR="$dir/refused"
echo "1..$count"
exit $failed
