// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The media of the λ drive: an image file on a descriptor of its own.
 *
 * Every operation is done when the function returns, on a thread of workers.c
 * or, under -icount, in the doorbell write. There QEMU's block layer would
 * complete it from a bottom half, and the clock of an idle guest leaps ahead of
 * one: no two runs would take equal time.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "lambda_nvme.h"

/* The lock is on all bytes, so it excludes QEMU's own block drivers, too. */
static bool lambda_nvme_media_lock(int fd)
{
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
    };

    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/* Makes a hole, where the filesystem below can. */
static int lambda_nvme_media_trim(const LambdaMedia *m, u64 offset, u64 len)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    return TEMP_FAILURE_RETRY(fallocate(m->fd, mode, offset, len));
}

bool lambda_nvme_media_open(LambdaMedia *m, const char *path, Error **errp)
{
    off_t bytes;

    m->fd = open(path, O_RDWR | O_CLOEXEC);
    if (m->fd < 0) {
        error_setg_errno(errp, errno, "cannot open image '%s'", path);
        return false;
    }
    if (!lambda_nvme_media_lock(m->fd)) {
        error_setg_errno(errp, errno, "image '%s' is in use", path);
        lambda_nvme_media_close(m);
        return false;
    }
    bytes = lseek(m->fd, 0, SEEK_END);
    if (bytes <= 0) {
        error_setg(errp, "image '%s' is empty", path);
        error_append_hint(errp, "Make one with: truncate -s 1G %s\n", path);
        lambda_nvme_media_close(m);
        return false;
    }
    m->bytes = bytes;
    /* tried behind its end, where there is nothing to lose */
    m->trims = !lambda_nvme_media_trim(m, bytes, FW_PAGE) ||
               errno != EOPNOTSUPP;
    return true;
}

void lambda_nvme_media_close(LambdaMedia *m)
{
    if (m->fd >= 0) {
        close(m->fd);
    }
    m->fd = -1;
}

/* An image whose filesystem is full, or its owner's share of it. */
static int lambda_nvme_media_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? FW_MEDIA_FULL : -1;
}

/* An image that someone made shorter is an error of the media. */
static int lambda_nvme_media_read(const LambdaMedia *m, u64 offset, u8 *to,
                                  u64 len)
{
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

static int lambda_nvme_media_write(const LambdaMedia *m, u64 offset,
                                   const u8 *from, u64 len)
{
    while (len) {
        ssize_t n = TEMP_FAILURE_RETRY(pwrite(m->fd, from, len, offset));

        if (n < 0) {
            return lambda_nvme_media_error();
        }
        from += n;
        offset += n;
        len -= n;
    }
    return 0;
}

static int lambda_nvme_media_write_zeros(const LambdaMedia *m, u64 offset,
                                         u64 len)
{
    static const u8 zeros[64 * 1024];

    while (len) {
        u32 part = fw_min(len, sizeof(zeros));
        int err = lambda_nvme_media_write(m, offset, zeros, part);

        if (err) {
            return err;
        }
        offset += part;
        len -= part;
    }
    return 0;
}

static int lambda_nvme_media_zero(const LambdaMedia *m, u64 offset, u64 len)
{
    return lambda_nvme_media_trim(m, offset, len) ?
           lambda_nvme_media_write_zeros(m, offset, len) : 0;
}

/* One place of an operation. */
static int lambda_nvme_media_do_place(const LambdaMedia *m, uint8_t kind,
                                      const struct fw_seg *s, u8 *buf)
{
    switch (kind) {
    case FW_OP_READ:
        return lambda_nvme_media_read(m, s->addr, buf, s->len);
    case FW_OP_WRITE:
        return lambda_nvme_media_write(m, s->addr, buf, s->len);
    case FW_OP_ZERO:
        return lambda_nvme_media_zero(m, s->addr, s->len);
    case FW_OP_TRIM:
        return lambda_nvme_media_trim(m, s->addr, s->len);
    }
    g_assert_not_reached();
}

int lambda_nvme_media_do(const LambdaMedia *m, const struct fw_op *op)
{
    u8 *buf = op->buf;
    int err = 0;

    if (op->kind == FW_OP_FLUSH) {
        return TEMP_FAILURE_RETRY(fdatasync(m->fd));
    }
    for (unsigned i = 0; i < op->nr_segs && !err; i++) {
        err = lambda_nvme_media_do_place(m, op->kind, &op->segs[i], buf);
        if (buf) {
            buf += op->segs[i].len;
        }
    }
    return err;
}
