// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory for translated λ programs, never writable where it is executed. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "lambda_nvme.h"

/* One mapping of the memory; NULL when it is refused. */
static void *lambda_text_map(int fd, uint64_t bytes, int prot)
{
    void *mem = mmap(NULL, bytes, prot, MAP_SHARED | MAP_NORESERVE, fd, 0);

    return mem == MAP_FAILED ? NULL : mem;
}

/* The mappings keep the memory, whose pages come as they are written. */
bool lambda_text_reserve(struct fw_text *text, uint64_t bytes, Error **errp)
{
    int fd = memfd_create("lambda-text", MFD_CLOEXEC);

    text->bytes = bytes;
    if (fd >= 0 && ftruncate(fd, bytes) == 0) {
        text->rw = lambda_text_map(fd, bytes, PROT_READ | PROT_WRITE);
        text->rx = lambda_text_map(fd, bytes, PROT_READ | PROT_EXEC);
    }
    if (!text->rw || !text->rx) {
        error_setg_errno(errp, errno, "no memory for translated λ programs");
        error_append_hint(errp, "With jit=off they are interpreted.\n");
        lambda_text_release(text);
    }
    if (fd >= 0) {
        close(fd);
    }
    return text->bytes;
}

void lambda_text_release(struct fw_text *text)
{
    if (text->rw) {
        munmap(text->rw, text->bytes);
    }
    if (text->rx) {
        munmap((void *)text->rx, text->bytes);
    }
    *text = (struct fw_text) { 0 };
}
