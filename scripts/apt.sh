# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Package lists and archives of our own, from the machine's own sources and
# keys; sourced after paths.sh. Neither root nor the system's lists are needed.

apt_state=$LAMBDA_CACHE/apt
apt_options=()

# apt_sources: from here on for source packages, which the machine may not list
apt_sources() {
	local from
	apt_state=$LAMBDA_CACHE/apt-sources
	rm -rf "$apt_state/parts"
	mkdir -p "$apt_state/parts"
	for from in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$from" ] || continue
		sed -nE 's/^deb(-src)?[[:space:]]/deb-src /p' "$from" |
			sort -u >"$apt_state/parts/${from##*/}.list"
	done
	for from in /etc/apt/sources.list.d/*.sources; do
		[ -f "$from" ] || continue
		sed 's/^Types:.*/Types: deb-src/' "$from" >"$apt_state/parts/${from##*/}"
	done
	apt_options=(-o Dir::Etc::sourcelist=/dev/null
		-o Dir::Etc::sourceparts="$apt_state/parts")
}

# private_apt TOOL ARGUMENT...
private_apt() {
	local tool=$1
	shift
	mkdir -p "$apt_state/lists/partial" "$apt_state/archives/partial"
	"$tool" -o APT::Sandbox::User=root -o Dir::State="$apt_state" \
		-o Dir::State::lists="$apt_state/lists" \
		-o Dir::State::status=/var/lib/dpkg/status \
		-o Dir::Cache="$apt_state" -o Dir::Cache::archives="$apt_state/archives" \
		"${apt_options[@]}" "$@"
}

# apt_needed WHAT: ends where there is no apt
apt_needed() {
	if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
		die "$1 by apt and dpkg, which this machine does not have: it takes Debian" \
			"12, or what is like it"
	fi
}

# apt_failed LOG: what apt has said first of why it failed
apt_failed() {
	local said
	said=$(sed -nE 's/^[EW]: //p' "$1" | head -n 1)
	die "apt cannot read the package lists${said:+: $said}; is there a network? The" \
		"whole log: $1"
}

# The lists are refreshed at most once a run, and only when something is missing.
refresh() {
	local log=${logs:?}/${0##*/}.log
	[ -z "${refreshed:-}" ] || return 0
	apt_needed "the sources are fetched"
	refreshed=1
	private_apt apt-get -o APT::Update::Error-Mode=any update >"$log" 2>&1 ||
		apt_failed "$log"
}

# source_versions PACKAGE: what is offered, oldest first; after apt_sources
source_versions() {
	private_apt apt-cache --only-source showsrc "$1" 2>/dev/null |
		sed -n 's/^Version: //p' | sort -uV
}

# source_tree PACKAGE VERSION: where it is unpacked; the epoch's colon would end
# a path in a search list
source_tree() { echo "$LAMBDA_CACHE/pristine/$1-${2#*:}"; }

# unpack_source PACKAGE VERSION [SHA256]: makes that tree, of a .dsc with that sum,
# if one is given; it has the sums of the other files, which dpkg-source compares.
# In a scratch directory, so that an interrupted run leaves no half a tree.
unpack_source() {
	local scratch=$LAMBDA_CACHE/pristine/unpacking-$1 log=$logs/${0##*/}.log sum
	rm -rf "$scratch"
	mkdir -p "$scratch"
	echo "fetching $1 $2 (source)" >&2
	(cd "$scratch" && logged "$log" private_apt apt-get source --only-source \
		--download-only "$1=$2") || exit 1
	sum=$(sha256sum "$scratch"/*.dsc)
	[ -z "${3:-}" ] || [ "${sum%% *}" = "$3" ] ||
		die "$1 $2 is not the source that was named (sha256 ${sum%% *})"
	echo "unpacking $1 $2" >&2
	logged "$log" dpkg-source --require-strong-checksums -x "$scratch"/*.dsc \
		"$scratch/tree"
	mv "$scratch/tree" "$(source_tree "$1" "$2")"
	rm -rf "$scratch"
}
