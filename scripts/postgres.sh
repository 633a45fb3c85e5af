# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # scripts read them; paths.sh has top
# A PostgreSQL with the extension of userspace/postgres, and clusters of it: copied
# from Debian's programs into a folder that is removed afterwards, so that nothing is
# installed on this machine. Root runs the server as the user postgres, who has to get
# to that folder: it is in TMPDIR. Sourced behind paths.sh.

source=$top/userspace/postgres
system=/usr/lib/postgresql/15

for file in bin/initdb lib/pgxs/src/makefiles/pgxs.mk; do
	[ -f "$system/$file" ] || die "$system/$file is missing: run scripts/deps postgres"
done
[ -f "$LAMBDA_BUILD/userspace/liblambda.a" ] ||
	die "there is no liblambda: run scripts/build-userspace"

# The server's user has to get there.
work=$(mktemp -d "${TMPDIR:-/tmp}/postgres.XXXXXX")
chmod 755 "$work"
image=$work/image bin=$work/image$system/bin data=$work/data
as_server=()
if [ "$(id -u)" -eq 0 ]; then
	as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

server() {
	(cd "$work" && "${as_server[@]}" env HOME="$work" PATH="$bin:$PATH" \
		PGHOST="$work" PGPORT=5432 PGUSER=postgres "$@")
}

stop_server() {
	[ ! -f "$data/postmaster.pid" ] ||
		server pg_ctl -D "$data" -m immediate -w stop >/dev/null || true
}

clean_up() {
	stop_server
	rm -rf "$work"
}
trap clean_up EXIT

# build SOURCE FOLDER: into FOLDER, and from there into the image
build() {
	mkdir -p "$2"
	make -s -C "$2" -f "$1/Makefile" VPATH="$1" TOP="$top" \
		USERSPACE="$LAMBDA_BUILD/userspace" COPT=-Werror &&
		make -s -C "$2" -f "$1/Makefile" VPATH="$1" TOP="$top" \
			USERSPACE="$LAMBDA_BUILD/userspace" install DESTDIR="$image"
}

copy_system() {
	mkdir -p "$image$(dirname "$system")" "$image/usr/share/postgresql"
	cp -a "$system" "$image$(dirname "$system")/"
	cp -a /usr/share/postgresql/15 "$image/usr/share/postgresql/"
}

# Nothing writes pages behind the tests' back.
# make_cluster OPTION...: of initdb
make_cluster() {
	mkdir -p "$data" "$work/out"
	[ ${#as_server[@]} -eq 0 ] || chown postgres "$data" "$work" "$work/out"
	server initdb -D "$data" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
		-A trust "$@"
	cat >>"$data/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$work'
		shared_preload_libraries = 'pg_lambda'
		autovacuum = off
		bgwriter_lru_maxpages = 0
		checkpoint_timeout = 1h
		fsync = off
		jit = off
		timezone = 'UTC'
		log_timezone = 'UTC'
	END
}

start_server() {
	server pg_ctl -D "$data" -l "$work/out/server.log" -w start
}

install_extension() {
	logged "$logs/postgres-cluster.log" copy_system
	logged "$logs/postgres-build.log" build "$source" "$LAMBDA_BUILD/postgres"
}

# What a guest lacks of the server, in the same places.
guest_files=("$system"/bin/{postgres,initdb,pg_ctl,psql})

# lay_out_server ROOT: a tree that is put over a guest's
lay_out_server() {
	local root=$1 path
	mkdir -p "$root$system" "$root/usr/share/postgresql" "$root/usr/lib/locale" \
		"$root/usr/bin"
	cp -a "$image$system/lib" "$root$system/" || return
	rm -rf "$root$system"/lib/{*.a,bitcode,llvmjit*,pgxs}
	cp -a "$image/usr/share/postgresql/15" "$root/usr/share/postgresql/" || return
	for path in "${guest_files[@]}"; do
		install -D "$path" "$root$path" || return
	done
	cp -a /usr/lib/locale/C.utf8 "$root/usr/lib/locale/" || return
	for path in UTC America/Los_Angeles; do	# the tests'
		install -D "/usr/share/zoneinfo/$path" "$root/usr/share/zoneinfo/$path" || return
	done
}

# lay_out_libraries ROOT: those of what is there
lay_out_libraries() {
	local root=$1 path
	{ find "$root" -type f \( -perm -100 -o -name '*.so*' \) -exec ldd {} + \
		2>/dev/null || true; } |
		sed -n 's/.*[[:space:]]\(\/[^ :]*\.so[^ :]*\).*/\1/p' | sort -u |
		while read -r path; do
			path=${path#/usr}
			install -D "/usr$path" "$root/usr$path" || return
		done
}
