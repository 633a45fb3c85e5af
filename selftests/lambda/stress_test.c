// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs on both sides over a file that changes all the time: written in every
 * way, cut and grown, full of holes, moved and shared. What they see was
 * there, then; what is left is what was written last; and the filesystem is
 * whole.
 *
 * Usage: stress_test [SECONDS [SEED]]
 *
 * On ext4 and XFS at the same time, on the drive where LAMBDA_DRIVE says that
 * there is one, else in memory and on the host only.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "drive.h"
#include "stress.h"

static const struct {
	void *(*run)(void *arg);
	unsigned int nr;
} threads[] = {
	{ write_blocks, 3 }, { change_shape, 1 }, { write_others, 1 },
	{ look_around, 3 },
};

#define THREADS	8

static struct stress *both;

void stress_wrong(struct stress *s, const char *format, ...)
{
	unsigned int n = s->nr_wrong++;
	va_list args;

	if (n >= ARRAY_SIZE(s->wrong))
		return;
	va_start(args, format);
	vsnprintf(s->wrong[n], sizeof(s->wrong[n]), format, args);
	va_end(args);
}

static int open_in(struct stress *s, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		mount_failed(path);
	return fd;
}

static void open_files(struct stress *s)
{
	s->fd = open_in(s, "file", 0);
	fill_file(s);
	s->direct = open_in(s, "file", O_DIRECT);
	s->donor = open_in(s, "donor", 0);
	s->map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->map == MAP_FAILED)
		mount_failed("a mapping");
	s->look = look_handle();
	s->copy = HANDLE(copy_input);
	if (s->look < 0 || s->copy < 0)
		mount_failed("a λ");
}

/* The page cache, the drive or the host again, and the disk alone. */
static void look_at_the_end(struct stress *s)
{
	look_at_all(s, WAY_READ);
	look_at_all(s, WAY_HOST);
	if (s->has_drive)
		look_at_all(s, WAY_DEVICE);
	if (fsync(s->fd) || posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED))
		stress_wrong(s, "fsync: %s", strerror(errno));
	look_at_all(s, WAY_READ);
}

static void run(struct stress *s, unsigned int seconds)
{
	pthread_t ids[THREADS];
	unsigned int k, i, n = 0;

	open_files(s);
	for (k = 0; k < ARRAY_SIZE(threads); k++)
		for (i = 0; i < threads[k].nr; i++)
			if (pthread_create(&ids[n++], NULL, threads[k].run, s))
				mount_failed("a thread");
	sleep(seconds);
	s->stop = true;
	while (n--)
		pthread_join(ids[n], NULL);
	look_at_the_end(s);
}

/* The device that is mounted on a directory. */
static void device_of(const char *dir, char *device, size_t len)
{
	char line[512], from[256], on[256];
	FILE *file = fopen("/proc/self/mounts", "r");

	*device = 0;
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%255s %255s", from, on) == 2 &&
		    !strcmp(on, dir))
			snprintf(device, len, "%s", from);
	if (file)
		fclose(file);
}

static bool fsck_is_content(const struct stress *s)
{
	char device[256], command[400];

	device_of(s->dir, device, sizeof(device));
	if (umount(s->dir)) {
		ksft_print_msg("umount %s: %s\n", s->dir, strerror(errno));
		return false;
	}
	snprintf(command, sizeof(command),
		 "%s %s >/tmp/fsck 2>&1 || { sed 's/^/# /' /tmp/fsck; false; }",
		 s->is_xfs ? "xfs_repair -n" : "e2fsck -fn", device);
	fflush(stdout);
	return !system(command);
}

static void report(const struct stress *s)
{
	unsigned int k;

	ksft_print_msg("%s: %lu reads, %lu on host, %lu in drive, %lu declined, %lu writes\n",
		       s->name, s->reads[WAY_READ], s->reads[WAY_HOST],
		       s->reads[WAY_DEVICE], s->declined, s->writes);
	ksft_print_msg("%s: %lu cells, %lu zero, %lu damaged; changes", s->name,
		       s->cells, s->zeros, s->torn);
	for (k = 0; k < ARRAY_SIZE(s->changes); k++)
		printf(" %lu", s->changes[k]);
	printf("\n");
	for (k = 0; k < s->nr_wrong && k < ARRAY_SIZE(s->wrong); k++)
		ksft_print_msg("%s: %s\n", s->name, s->wrong[k]);
	ksft_test_result(!s->nr_wrong, "%s: what is seen was there\n", s->name);
	ksft_test_result(s->writes && s->reads[WAY_HOST] && s->zeros &&
			 (!s->has_drive || s->reads[WAY_DEVICE] > s->declined),
			 "%s: enough of all\n", s->name);
	ksft_test_result(fsck_is_content(s), "%s: fsck\n", s->name);
}

static void make_filesystems(void)
{
	if (getenv("LAMBDA_DRIVE")) {
		drive_begin();
		both[0].has_drive = true;
		both[1].has_drive = true;
		return;
	}
	mounts_begin();
	mount_image("ext4", 64 * MIB, EXT4, NULL);
	mount_image("xfs", 320 * MIB, XFS, NULL);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 10;
	__u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (__u64)time(NULL);
	int k, status;

	ksft_print_header();
	ksft_set_plan(6);
	ksft_print_msg("%u seconds, seed %#llx\n", seconds, seed);
	both = mmap(NULL, 2 * sizeof(*both), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	both[0].name = "ext4";
	both[0].dir = EXT4;
	both[1].name = "XFS";
	both[1].dir = XFS;
	both[1].is_xfs = true;
	make_filesystems();
	for (k = 0; k < 2; k++) {
		both[k].seed = seed + k * 100;
		if (!fork()) {
			run(&both[k], seconds);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		if (status)
			ksft_exit_fail_msg("a process ended: %#x\n", status);
	for (k = 0; k < 2; k++)
		report(&both[k]);
	ksft_finished();
}
