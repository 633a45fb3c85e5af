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

# The lists are refreshed at most once a run, and only when something is missing.
refresh() {
	[ -z "${refreshed:-}" ] || return 0
	refreshed=1
	logged "${logs:?}/${0##*/}.log" private_apt apt-get update || exit
}
