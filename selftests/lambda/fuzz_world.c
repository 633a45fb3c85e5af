// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the requests of fuzz_test meet: files of every kind in descriptors that
 * change behind their backs, and memory that comes and goes.
 */
#include <errno.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "mounts.h"
#include "pass.h"

static const char * const dirs[] = {
	MOUNTS "/ext4", MOUNTS "/xfs", MOUNTS "/tmpfs", MOUNTS "/overlay",
	MOUNTS "/disk",
};

#define FILES	3

/* A disk in memory that only root may open. */
static int disk;

static void file_path(struct fuzzer *f, char *path, size_t len)
{
	snprintf(path, len, "%s/%u", dirs[below(f, ARRAY_SIZE(dirs))],
		 (unsigned int)below(f, FILES));
}

/* Large enough for mapped input, small enough to be quick. */
static off_t random_size(struct fuzzer *f)
{
	const __u64 near[] = { 0, 1, PAGE, 64 * KIB, MIB };

	if (chance(f, 50))
		return below(f, 300 * KIB);
	return fuzz_number(f, near, ARRAY_SIZE(near)) % (4 * MIB);
}

void make_world(void)
{
	static char bytes[256 * KIB];
	char path[32];
	int image;
	size_t k;

	mount_tmpfs(MOUNTS "/tmpfs", "size=64m");
	mount_overlay(MOUNTS "/overlay");
	mount_ext4(MOUNTS "/disk");
	for (k = 0; k < ARRAY_SIZE(dirs); k++)
		if (chmod(dirs[k], 0777))
			mount_failed(dirs[k]);
	image = memory_file(bytes, sizeof(bytes));
	loop_over(image, path, sizeof(path));
	disk = open(path, O_RDWR | O_CLOEXEC);
	if (disk < 0)
		mount_failed(path);
	close(image);
}

static int open_file(struct fuzzer *f)
{
	static const int odd[] = {
		O_APPEND, O_DIRECT, O_SYNC, O_DSYNC, O_NONBLOCK, O_PATH,
		O_NOATIME, O_TRUNC,
	};
	int flags = chance(f, 80) ? O_RDWR : chance(f, 50) ? O_RDONLY :
							     O_WRONLY;
	char path[64];

	if (chance(f, 25))
		flags |= odd[below(f, ARRAY_SIZE(odd))];
	file_path(f, path, sizeof(path));
	return open(path, flags | O_CREAT | O_CLOEXEC, 0666);
}

static int open_pipe(struct fuzzer *f)
{
	int both[2], end = below(f, 2);

	if (pipe(both))
		return -1;
	close(both[!end]);
	return both[end];
}

static int open_memory(struct fuzzer *f)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (ftruncate(fd, random_size(f)) || chance(f, 70))
		return fd;
	fcntl(fd, F_ADD_SEALS, chance(f, 50) ? F_SEAL_WRITE : F_SEAL_GROW);
	return fd;
}

static int open_special(struct fuzzer *f)
{
	static const char * const paths[] = {
		"/dev/zero", "/dev/null", "/dev/urandom", "/proc/self/maps",
		"/proc/self/mem", "/proc/cpuinfo", "/sys/kernel/mm", "/tmp",
	};
	const char *path = paths[below(f, ARRAY_SIZE(paths))];
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC);
}

static int open_something(struct fuzzer *f)
{
	switch (below(f, 30)) {
	case 0:
		return open_pipe(f);
	case 1:
		return open_special(f);
	case 2:
		return open_memory(f);
	case 3:
		return epoll_create1(EPOLL_CLOEXEC);
	case 4:
		return eventfd(1, EFD_CLOEXEC);
	case 5:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 6:
		return open(dirs[below(f, ARRAY_SIZE(dirs))],
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case 7:
		return dup(pool[below(f, FUZZ_KINDS)].fd);
	case 8:
	case 9:
		return dup(disk);
	default:
		return open_file(f);
	}
}

static int any_slot(struct fuzzer *f)
{
	return SLOT_BASE + below(f, SLOTS);
}

/* Whatever was there is closed, maybe while a request uses it. */
static void put(int slot, int fd)
{
	if (fd < 0)
		return;
	dup3(fd, slot, O_CLOEXEC);
	close(fd);
}

void fill_slots(struct fuzzer *f)
{
	int k;

	for (k = 0; k < SLOTS; k++)
		put(SLOT_BASE + k, open_something(f));
	for (k = 0; k < LAMBDAS; k++)
		put(LAMBDA_BASE + k, dup(pool[k % FUZZ_KINDS].fd));
}

/* Takes a handle that root sent, of whatever program. */
static void receive_handle(struct fuzzer *f)
{
	int fd = take_descriptor(handles_in, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (fd >= 0)
		put(LAMBDA_BASE + below(f, LAMBDAS), fd);
}

static void change_file(struct fuzzer *f)
{
	static const int modes[] = {
		0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE,
	};
	int fd = any_slot(f), mode = modes[below(f, ARRAY_SIZE(modes))];

	switch (below(f, 6)) {
	case 0:
		ftruncate(fd, random_size(f));
		break;
	case 1:
		fallocate(fd, mode, below(f, 64) * PAGE,
			  (1 + below(f, 16)) * PAGE);
		break;
	case 2:
		fcntl(fd, F_SETFL, chance(f, 30) ? O_APPEND :
		      chance(f, 40) ? O_DIRECT : 0);
		break;
	case 3:
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		break;
	default:
		pwrite(fd, f->buf, below(f, chance(f, 10) ? STEADY : PAGE),
		       random_size(f));
		break;
	}
}

/* Of a file's pages too: a buffer may lie in the very range it is read from. */
static void change_memory(struct fuzzer *f)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE,
	};
	char *at = chance(f, 30) ? shared_arena : private_arena;
	size_t first = below(f, ARENA / PAGE);
	size_t len = PAGE * (1 + below(f, ARENA / PAGE - first));
	int prot = prots[below(f, ARRAY_SIZE(prots))];

	at += first * PAGE;
	switch (below(f, 5)) {
	case 0:
		mprotect(at, len, prot);
		break;
	case 1:
		madvise(at, len, MADV_DONTNEED);
		break;
	case 2:
		munmap(at, len);
		break;
	case 3:
		mmap(at, len, prot, MAP_SHARED | MAP_FIXED, any_slot(f),
		     below(f, 32) * PAGE);
		break;
	default:
		mmap(at, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
		break;
	}
}

/* A child that shares all pages until one of the two writes to them. */
static void fork_away(struct fuzzer *f)
{
	pid_t pid = fork();
	int k;

	if (!pid) {
		for (k = 0; k < 5; k++)
			make_request(f);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* Changes something that requests use, or may be using right now. */
void disturb(struct fuzzer *f)
{
	char path[64];

	switch (below(f, 40)) {
	case 0:
		file_path(f, path, sizeof(path));
		unlink(path);
		break;
	case 1:
		close(SLOT_BASE + below(f, SLOTS + LAMBDAS));
		break;
	case 2:
		fork_away(f);
		break;
	case 3:
		kill(getpid(), SIGUSR1);
		break;
	case 4:
		fsync(any_slot(f));
		break;
	case 5 ... 9:
		receive_handle(f);
		break;
	case 10 ... 16:
		change_memory(f);
		break;
	case 17 ... 30:
		change_file(f);
		break;
	default:
		put(any_slot(f), open_something(f));
		break;
	}
}
