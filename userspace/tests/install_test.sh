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
	"${CLANG:-clang}" "${words[@]}" -c examples/minimal.bpf.c -o "$dir/minimal.bpf.o" &&
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
	[[ $said == "-target bpf -O2 -g -mcpu=v3 -fno-builtin -I$stage$prefix/"* ]]
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
