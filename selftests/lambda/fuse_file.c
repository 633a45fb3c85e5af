// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file for tests in a shell, served until it is unmounted:
 *
 *	fuse_file DIR FILE CHUNK FLUSH
 *
 * DIR/file has the bytes of FILE, of which a read gets at most CHUNK, can be
 * written to, and closing it gives the errno FLUSH.
 */
#include "fuse.h"

#define ROOM	(32ul << 20)	/* bytes that the file may grow to */

static void load(struct fuse_plan *plan, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;

	plan->data = malloc(ROOM);
	if (fd >= 0 && plan->data)
		len = read(fd, plan->data, ROOM);
	if (len < 0)
		mount_failed(path);
	plan->size = len;
	plan->told = len;
	plan->broken = ROOM;
	plan->room = ROOM;
	close(fd);
}

int main(int argc, char **argv)
{
	struct fuse_plan plan = { .direct = true };

	if (argc != 5) {
		fprintf(stderr, "usage: fuse_file DIR FILE CHUNK FLUSH\n");
		return 2;
	}
	load(&plan, argv[2]);
	plan.chunk = strtoul(argv[3], NULL, 10);
	plan.flush = atoi(argv[4]);
	mount_fuse(argv[1], &plan);
	return 0;
}
