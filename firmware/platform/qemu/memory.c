// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of the λ drive: one piece that its controller is made of, and one for
 * translated λ programs. The former is a file, so that windows guarded by the
 * memory management unit can show it.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "lambda_nvme.h"

static void *lambda_nvme_memory_map_pool(int fd, uint64_t bytes)
{
    void *mem = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, bytes) == 0) {
        mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_NORESERVE, fd, 0);
    }
    return mem == MAP_FAILED ? NULL : mem;
}

/* Where there can be no guarded windows λs compare their addresses. */
bool lambda_nvme_memory_pool(LambdaMemory *m, uint64_t bytes, Error **errp)
{
    int fd = memfd_create("lambda-pool", MFD_CLOEXEC);
    void *mem = lambda_nvme_memory_map_pool(fd, bytes);

    if (mem) {
        m->pool = (struct fw_pool) { .mem = mem, .size = bytes };
        m->windows = fw_windows_new(fd, mem);
    } else {
        error_setg_errno(errp, errno, "no %" PRIu64 " bytes for the drive's"
                         " memory", bytes);
    }
    if (fd >= 0) {
        close(fd);
    }
    return mem;
}

bool lambda_nvme_memory_text(LambdaMemory *m, uint64_t bytes, Error **errp)
{
    if (fw_text_map(&m->text, bytes)) {
        error_setg_errno(errp, errno, "no memory for translated λ programs");
        error_append_hint(errp, "With jit=off they are interpreted.\n");
        return false;
    }
    return true;
}

void lambda_nvme_memory_free(LambdaMemory *m)
{
    fw_windows_free(m->windows);
    if (m->pool.mem) {
        munmap(m->pool.mem, m->pool.size);
    }
    fw_text_unmap(&m->text);
    *m = (LambdaMemory) { 0 };
}
