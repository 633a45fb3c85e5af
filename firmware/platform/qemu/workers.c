// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that run λs while the guest goes on.
 *
 * A λ touches nothing but its slot's memory, so it needs no lock. What it
 * leaves to do, with host memory and media, is done in the main loop. There
 * are no such threads under -icount, where a λ runs inside the doorbell.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "lambda_nvme.h"

/* First in, first out. */
typedef struct LambdaWorkList {
    struct fw_work *first;
    struct fw_work *last;
} LambdaWorkList;

struct LambdaWorkers {
    QemuMutex lock;             /* of all that follows */
    QemuCond wake;
    bool quit;
    LambdaWorkList waiting;
    LambdaWorkList done;

    QEMUBH *bh;
    void (*finished)(void *opaque, struct fw_work *work);
    void *opaque;
    unsigned count;
    QemuThread threads[];
};

static void lambda_list_add(LambdaWorkList *list, struct fw_work *work)
{
    work->next = NULL;
    if (list->first) {
        list->last->next = work;
    } else {
        list->first = work;
    }
    list->last = work;
}

static struct fw_work *lambda_list_take(LambdaWorkList *list)
{
    struct fw_work *work = list->first;

    if (work) {
        list->first = work->next;
    }
    return work;
}

/* The next one to run; NULL when the thread shall end. */
static struct fw_work *lambda_worker_next(LambdaWorkers *w)
{
    while (!w->quit && !w->waiting.first) {
        qemu_cond_wait(&w->wake, &w->lock);
    }
    return w->quit ? NULL : lambda_list_take(&w->waiting);
}

static void *lambda_worker(void *opaque)
{
    LambdaWorkers *w = opaque;
    struct fw_work *work;

    qemu_mutex_lock(&w->lock);
    while ((work = lambda_worker_next(w))) {
        qemu_mutex_unlock(&w->lock);
        work->run(work);
        qemu_mutex_lock(&w->lock);
        lambda_list_add(&w->done, work);
        qemu_bh_schedule(w->bh);
    }
    qemu_mutex_unlock(&w->lock);
    return NULL;
}

/* Work may be handed over again while it is being finished. */
static void lambda_workers_bh(void *opaque)
{
    LambdaWorkers *w = opaque;
    struct fw_work *work;

    for (;;) {
        qemu_mutex_lock(&w->lock);
        work = lambda_list_take(&w->done);
        qemu_mutex_unlock(&w->lock);
        if (!work) {
            return;
        }
        w->finished(w->opaque, work);
    }
}

LambdaWorkers *lambda_workers_start(unsigned count,
                                    void (*finished)(void *opaque,
                                                     struct fw_work *work),
                                    void *opaque)
{
    LambdaWorkers *w = g_malloc0(sizeof(*w) + count * sizeof(w->threads[0]));

    qemu_mutex_init(&w->lock);
    qemu_cond_init(&w->wake);
    w->bh = qemu_bh_new(lambda_workers_bh, w);
    w->finished = finished;
    w->opaque = opaque;
    w->count = count;
    for (unsigned i = 0; i < count; i++) {
        qemu_thread_create(&w->threads[i], "lambda", lambda_worker, w,
                           QEMU_THREAD_JOINABLE);
    }
    return w;
}

void lambda_workers_add(LambdaWorkers *w, struct fw_work *work)
{
    qemu_mutex_lock(&w->lock);
    lambda_list_add(&w->waiting, work);
    qemu_mutex_unlock(&w->lock);
    qemu_cond_signal(&w->wake);
}

void lambda_workers_stop(LambdaWorkers *w)
{
    qemu_mutex_lock(&w->lock);
    w->quit = true;
    qemu_mutex_unlock(&w->lock);
    qemu_cond_broadcast(&w->wake);
    for (unsigned i = 0; i < w->count; i++) {
        qemu_thread_join(&w->threads[i]);
    }
    qemu_bh_delete(w->bh);
    qemu_cond_destroy(&w->wake);
    qemu_mutex_destroy(&w->lock);
    g_free(w);
}
