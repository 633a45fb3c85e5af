// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Input that is mapped from its file, where a program may not write it anyway.
 *
 * To map a part of a file costs as much as to copy it, and pays where it is looked
 * at again. So parts stay mapped beside all windows, and their page tables are moved
 * to a window and back.
 *
 * What a mapping has no page of, because the file was cut off meanwhile or cannot be
 * read, is a page of zeros to the program that touches it. It goes on, and nothing
 * comes of it: its request is made again over a copy, as read(2) sees the file.
 */
#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "internal.h"
#include "local.h"
#include "mapped.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* Bytes of a file that are mapped together, from a multiple of these on. */
#define MAPPED_PART (2u << 20)
/* Bytes of input from which on it is worth it. */
#define MAPPED_MIN 65536u

/**
 * struct mapped_part - a part of a file
 * @home:   where it is mapped; NULL: nothing is
 * @dev:    of the file
 * @ino:    likewise, and its own as long as it is mapped
 * @offset: where in the file
 */
struct mapped_part {
	__u8 *home;
	dev_t dev;
	ino_t ino;
	off_t offset;
};

struct lambda_maps {
	size_t count;
	bool useless;	/* the system does not move them */
	struct mapped_part part[];
};

/* Input that this thread runs over, and whether pages of it were missing. */
static __thread __u8 *mapped_begin, *mapped_end;
static __thread bool mapped_missing;

static struct sigaction mapped_other;	/* the handler there was before */

/* As if there were no handler: what touched the page does so again. */
static void mapped_pass_on(int sig, siginfo_t *info, void *context)
{
	bool sent = info->si_code <= 0;

	if (mapped_other.sa_flags & SA_SIGINFO) {
		mapped_other.sa_sigaction(sig, info, context);
		return;
	}
	if (mapped_other.sa_handler != SIG_DFL &&
	    mapped_other.sa_handler != SIG_IGN) {
		mapped_other.sa_handler(sig);
		return;
	}
	if (sent && mapped_other.sa_handler == SIG_IGN)
		return;
	signal(sig, SIG_DFL);
	if (sent)
		raise(sig);
}

static void mapped_on_bus_error(int sig, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(SBPF_PAGE_SIZE - 1ul);
	__u8 *at = (__u8 *)page;

	if (info->si_code <= 0 || at < mapped_begin || at >= mapped_end ||
	    mmap(at, SBPF_PAGE_SIZE, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at) {
		mapped_pass_on(sig, info, context);
		return;
	}
	__atomic_store_n(&mapped_missing, true, __ATOMIC_RELAXED);
}

static void mapped_install(void)
{
	struct sigaction action = {
		.sa_sigaction = mapped_on_bus_error,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	sigaction(SIGBUS, &action, &mapped_other);
}

LAMBDA_API int lambda_maps__open(size_t most, struct lambda_maps **ret)
{
	LAMBDA_KEEP_ERRNO;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t count = most / MAPPED_PART ?: 1;

	*ret = calloc(1, sizeof(**ret) + count * sizeof((*ret)->part[0]));
	if (!*ret)
		return -ENOMEM;
	(*ret)->count = count;
	pthread_once(&once, mapped_install);
	return 0;
}

static void mapped_forget(struct mapped_part *part)
{
	if (part->home)
		munmap(part->home, MAPPED_PART);
	part->home = NULL;
}

LAMBDA_API void lambda_maps__close(struct lambda_maps *maps)
{
	LAMBDA_KEEP_ERRNO;
	size_t i;

	for (i = 0; maps && i < maps->count; i++)
		mapped_forget(&maps->part[i]);
	free(maps);
}

/* Elsewhere two files may have one number, as one of an overlay that is written. */
static bool mapped_tells_files_apart(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC:
		return true;
	}
	return false;
}

/* Maps a part in place of what was there. Returns false: that cannot be. */
static bool mapped_put(struct mapped_part *part, int fd, const struct stat *st,
		       off_t offset)
{
	void *home;

	mapped_forget(part);
	if (!mapped_tells_files_apart(fd))
		return false;
	home = mmap(NULL, MAPPED_PART, PROT_READ, MAP_SHARED | MAP_POPULATE, fd,
		    offset);
	if (home == MAP_FAILED)
		return false;
	*part = (struct mapped_part){ home, st->st_dev, st->st_ino, offset };
	return true;
}

static bool mapped_fits(const struct stat *st, size_t count, off_t offset)
{
	return S_ISREG(st->st_mode) && count >= MAPPED_MIN &&
	       !(count % SBPF_PAGE_SIZE) && !(offset % SBPF_PAGE_SIZE) &&
	       offset % MAPPED_PART + count <= MAPPED_PART &&
	       st->st_size >= offset && (__u64)(st->st_size - offset) >= count;
}

struct mapped_part *lambda_mapped_find(struct lambda_maps *maps, int fd,
				       size_t count, off_t offset)
{
	off_t begin = offset - offset % MAPPED_PART;
	struct mapped_part *part;
	struct stat st;

	if (maps->useless || offset < 0 || fstat(fd, &st) ||
	    !mapped_fits(&st, count, offset))
		return NULL;
	part = &maps->part[(begin / MAPPED_PART + st.st_ino * 41) %
			   maps->count];
	if (part->home && part->dev == st.st_dev && part->ino == st.st_ino &&
	    part->offset == begin)
		return part;
	return mapped_put(part, fd, &st, begin) ? part : NULL;
}

static int mapped_move(__u8 *to, __u8 *from, size_t count)
{
	return mremap(from, count, count, MREMAP_MAYMOVE | MREMAP_FIXED |
		      MREMAP_DONTUNMAP, to) == to ? 0 : -1;
}

int lambda_mapped_show(struct lambda_maps *maps, struct mapped_part *part,
		       __u8 *at, size_t count, off_t offset)
{
	if (!mapped_move(at, part->home + offset % MAPPED_PART, count))
		return 0;
	maps->useless = true;
	mapped_forget(part);
	return -1;
}

void lambda_mapped_hide(struct mapped_part *part, __u8 *at, size_t count,
			off_t offset, bool whole)
{
	if (!whole ||
	    mapped_move(part->home + offset % MAPPED_PART, at, count))
		mapped_forget(part);
	mmap(at, count, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

bool lambda_mapped_run(struct sbpf_run *run, size_t count)
{
	sigset_t bus, mask;

	sigemptyset(&bus);
	sigaddset(&bus, SIGBUS);
	pthread_sigmask(SIG_UNBLOCK, &bus, &mask);
	__atomic_store_n(&mapped_missing, false, __ATOMIC_RELAXED);
	mapped_end = run->window->seg[SBPF_SEG_IN].mem + count;
	mapped_begin = run->window->seg[SBPF_SEG_IN].mem;
	sbpf_posix_run(run);
	mapped_begin = NULL;
	mapped_end = NULL;
	if (sigismember(&mask, SIGBUS))
		pthread_sigmask(SIG_BLOCK, &bus, NULL);
	return !__atomic_load_n(&mapped_missing, __ATOMIC_RELAXED);
}
