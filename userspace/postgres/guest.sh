# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # scripts read them
# A PostgreSQL server in a guest, of a user of its own without root, over a filesystem
# of its own; sourced by what runs there. /root/cluster is the cluster that it begins
# with, PG_FS the filesystem, CAPS what setpriv gives it.

bin=/usr/lib/postgresql/15/bin
top=/mnt/pg
data=$top/data
export PATH=$PATH:$bin LC_ALL=C.UTF-8 PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
export HOME=$top

as_server() {
	# shellcheck disable=SC2086 # several words
	(cd $top && setpriv --reuid=postgres --regid=postgres --clear-groups ${CAPS:-} "$@")
}

start() {
	as_server pg_ctl -D $data -l $top/server.log -w -t 300 start >/dev/null
}

stop() {
	as_server pg_ctl -D $data -m fast -w -t 300 stop >/dev/null
}

# ask SQL...: of one session, answers without ornament
ask() {
	local one args=()
	for one; do args+=(-c "$one"); done
	psql -X -q -A -t -v ON_ERROR_STOP=1 "${args[@]}"
}

# make_cluster DEVICE
make_cluster() {
	"mkfs.${PG_FS:-ext4}" -q "$1" && mount "$1" /mnt || return
	echo 'postgres:x:100:100::/mnt/pg:/bin/sh' >>/etc/passwd
	echo 'postgres:x:100:' >>/etc/group
	mkdir $top && cp -a /root/cluster $data || return
	cat >>$data/postgresql.conf <<-END
		unix_socket_directories = '/tmp'
		log_line_prefix = '%n %p '
	END
	chown -R 100:100 $top
	chmod 700 $data
	echo 1 >/proc/sys/fs/lambda/unprivileged
}
