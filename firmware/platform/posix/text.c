// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Memory for translated λs under two addresses: see fw_posix.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fw_posix.h"

static int posix_text_open(u8 *rw, u64 len)
{
	return mprotect(rw, len, PROT_READ | PROT_WRITE);
}

static void posix_text_close(u8 *rw, u64 len)
{
	mprotect(rw, len, PROT_NONE);
}

/* Of the mapping that is executed; the caches know both by the same memory. */
static void posix_text_sync(const u8 *rx, u64 len)
{
	__builtin___clear_cache((char *)rx, (char *)rx + len);
}

/* One mapping of the memory; NULL when it is refused. */
static void *posix_text_map(int fd, u64 bytes, int prot)
{
	void *mem = mmap(NULL, bytes, prot, MAP_SHARED | MAP_NORESERVE, fd, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* The mappings keep the memory. */
int fw_text_map(struct fw_text *text, u64 bytes)
{
	int fd = memfd_create("lambda-text", MFD_CLOEXEC);
	int error;

	*text = (struct fw_text){ .bytes = bytes };
	if (fd < 0)
		return -1;
	if (!ftruncate(fd, bytes)) {
		text->rw = posix_text_map(fd, bytes, PROT_NONE);
		text->rx = posix_text_map(fd, bytes, PROT_READ | PROT_EXEC);
	}
	error = errno;
	close(fd);
	if (!text->rw || !text->rx) {
		fw_text_unmap(text);
		errno = error;
		return -1;
	}
	text->sync = posix_text_sync;
	text->open = posix_text_open;
	text->close = posix_text_close;
	return 0;
}

void fw_text_unmap(struct fw_text *text)
{
	if (text->rw)
		munmap(text->rw, text->bytes);
	if (text->rx)
		munmap((void *)text->rx, text->bytes);
	*text = (struct fw_text){ 0 };
}
