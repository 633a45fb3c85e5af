// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The media of the λ drive: an image file on a descriptor of its own.
 *
 * Every access is done when the function returns. QEMU's block layer would
 * complete it from a bottom half, and under -icount the clock of an idle guest
 * leaps ahead of one: no two runs would take equal time.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "lambda_nvme.h"

/* The lock is on all bytes, so it excludes QEMU's own block drivers, too. */
static bool lambda_media_lock(int fd)
{
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
    };

    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool lambda_media_open(LambdaMedia *m, const char *path, Error **errp)
{
    off_t bytes;

    m->fd = open(path, O_RDWR | O_CLOEXEC);
    if (m->fd < 0) {
        error_setg_errno(errp, errno, "cannot open image '%s'", path);
        return false;
    }
    if (!lambda_media_lock(m->fd)) {
        error_setg_errno(errp, errno, "image '%s' is in use", path);
        lambda_media_close(m);
        return false;
    }
    bytes = lseek(m->fd, 0, SEEK_END);
    if (bytes <= 0) {
        error_setg(errp, "image '%s' is empty", path);
        error_append_hint(errp, "Make one with: truncate -s 1G %s\n", path);
        lambda_media_close(m);
        return false;
    }
    m->bytes = bytes;
    m->lost = false;
    return true;
}

void lambda_media_close(LambdaMedia *m)
{
    if (m->fd >= 0) {
        close(m->fd);
    }
    m->fd = -1;
}

/* An image that someone made shorter is an error of the media. */
int lambda_media_read(LambdaMedia *m, u64 offset, void *buf, u32 len)
{
    char *to = buf;

    while (len) {
        ssize_t n = TEMP_FAILURE_RETRY(pread(m->fd, to, len, offset));

        if (n <= 0) {
            return -1;
        }
        to += n;
        offset += n;
        len -= n;
    }
    return 0;
}

int lambda_media_write(LambdaMedia *m, u64 offset, const void *buf, u32 len)
{
    const char *from = buf;

    while (len) {
        ssize_t n = TEMP_FAILURE_RETRY(pwrite(m->fd, from, len, offset));

        if (n <= 0) {
            return -1;
        }
        from += n;
        offset += n;
        len -= n;
    }
    return 0;
}

static int lambda_media_write_zeros(LambdaMedia *m, u64 offset, u64 len)
{
    static const char zeros[64 * 1024];

    while (len) {
        u32 part = fw_min(len, sizeof(zeros));

        if (lambda_media_write(m, offset, zeros, part)) {
            return -1;
        }
        offset += part;
        len -= part;
    }
    return 0;
}

/* A hole where the filesystem below can make one. */
int lambda_media_zero(LambdaMedia *m, u64 offset, u64 len)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    if (len && TEMP_FAILURE_RETRY(fallocate(m->fd, mode, offset, len)) == 0) {
        return 0;
    }
    return lambda_media_write_zeros(m, offset, len);
}

int lambda_media_flush(LambdaMedia *m)
{
    if (!m->lost && TEMP_FAILURE_RETRY(fdatasync(m->fd))) {
        m->lost = true;
    }
    return m->lost ? -1 : 0;
}
