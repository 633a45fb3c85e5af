/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the λ drive in QEMU: its media, its memory for code, and the
 * threads that run λs. The device that joins them is lambda_nvme.c.
 */
#ifndef HW_LAMBDA_NVME_H
#define HW_LAMBDA_NVME_H

#include "fw_ctrl.h"

/**
 * LambdaMedia - an image file that is the media
 * @fd: the file, locked for us alone; -1 when there is none
 * @bytes: its size
 * @lost: a flush has failed, so what was written before it may be gone and no
 *        later flush can vouch for it
 */
typedef struct LambdaMedia {
    int fd;
    uint64_t bytes;
    bool lost;
} LambdaMedia;

bool lambda_media_open(LambdaMedia *m, const char *path, Error **errp);
void lambda_media_close(LambdaMedia *m);
int lambda_media_read(LambdaMedia *m, u64 offset, void *buf, u32 len);
int lambda_media_write(LambdaMedia *m, u64 offset, const void *buf, u32 len);
int lambda_media_zero(LambdaMedia *m, u64 offset, u64 len);
int lambda_media_flush(LambdaMedia *m);

/* Memory written at one address and executed at another; bytes 0 is none. */
bool lambda_text_reserve(struct fw_text *text, uint64_t bytes, Error **errp);
void lambda_text_release(struct fw_text *text);

typedef struct LambdaWorkers LambdaWorkers;

/**
 * lambda_workers_start - start threads that run λs
 * @count: how many
 * @finished: called for each work that has run, in the main loop and with
 *            QEMU's lock held
 * @opaque: for @finished
 */
LambdaWorkers *lambda_workers_start(unsigned count,
                                    void (*finished)(void *opaque,
                                                     struct fw_work *work),
                                    void *opaque);

/* Hands over work, from under QEMU's lock. */
void lambda_workers_add(LambdaWorkers *w, struct fw_work *work);

/* Ends the threads; work that is waiting or done by then is forgotten. */
void lambda_workers_stop(LambdaWorkers *w);

#endif
