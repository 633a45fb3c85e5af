// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that run λs, and others that read and write the media, while the
 * guest goes on.
 *
 * A λ touches nothing but its slot's memory, and an operation on the media
 * nothing but its buffer, so they need no lock. What they leave to do, with
 * host memory and completions, is done in the main loop. There are no such
 * threads under -icount, where all is done inside the doorbell.
 *
 * Nobody waits for them: a λ that is told to stop does so soon, but what is
 * soon for a machine is long for QEMU's lock. The last user of a set frees it,
 * with the memory that its λs ran in; the media is closed as soon as nobody
 * uses it. Only a machine that is to be stopped waits for the media, as it
 * does for that of QEMU's other devices.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "lambda_nvme.h"

/* First in, first out. */
typedef struct LambdaWorkList {
    struct fw_work *first;
    struct fw_work *last;
} LambdaWorkList;

/* One thread, as it begins. */
typedef struct LambdaWorker {
    LambdaWorkers *set;
    LambdaGang gang;
} LambdaWorker;

struct LambdaWorkers {
    unsigned users;             /* each thread, the device, the bottom half */
    LambdaMedia media;
    QemuMutex lock;             /* of all that follows */
    QemuCond wake[LAMBDA_GANGS];
    QemuCond idle;
    bool quit;
    bool hold;
    unsigned busy[LAMBDA_GANGS];
    LambdaWorkList waiting[LAMBDA_GANGS];
    LambdaWorkList done;

    QEMUBH *bh;                 /* until @quit */
    void (*finished)(void *opaque, struct fw_work *work);
    void *opaque;
    LambdaMemory memory;        /* since @quit */
};

static void lambda_nvme_workers_list_add(LambdaWorkList *list,
                                         struct fw_work *work)
{
    work->next = NULL;
    if (list->first) {
        list->last->next = work;
    } else {
        list->first = work;
    }
    list->last = work;
}

static struct fw_work *lambda_nvme_workers_list_take(LambdaWorkList *list)
{
    struct fw_work *work = list->first;

    if (work) {
        list->first = work->next;
    }
    return work;
}

static void *lambda_nvme_workers_free(void *opaque)
{
    LambdaWorkers *w = opaque;

    for (unsigned i = 0; i < LAMBDA_GANGS; i++) {
        qemu_cond_destroy(&w->wake[i]);
    }
    qemu_cond_destroy(&w->idle);
    qemu_mutex_destroy(&w->lock);
    lambda_nvme_memory_free(&w->memory);
    g_free(w);
    return NULL;
}

/* To give back gigabytes takes long, and the last one may hold QEMU's lock. */
static void lambda_nvme_workers_unref(LambdaWorkers *w)
{
    QemuThread thread;

    if (qatomic_fetch_dec(&w->users) == 1) {
        qemu_thread_create(&thread, "lambda-free", lambda_nvme_workers_free, w,
                           QEMU_THREAD_DETACHED);
    }
}

static void lambda_nvme_workers_close(LambdaWorkers *w)
{
    if (w->quit && !w->busy[LAMBDA_GANG_MEDIA]) {
        lambda_nvme_media_close(&w->media);
    }
}

static bool lambda_nvme_worker_may(const LambdaWorkers *w, LambdaGang gang)
{
    return w->waiting[gang].first && !(w->hold && gang == LAMBDA_GANG_MEDIA);
}

/* The next one to do; NULL when the thread shall end. */
static struct fw_work *lambda_nvme_worker_next(LambdaWorkers *w,
                                               LambdaGang gang)
{
    while (!w->quit && !lambda_nvme_worker_may(w, gang)) {
        qemu_cond_wait(&w->wake[gang], &w->lock);
    }
    return w->quit ? NULL : lambda_nvme_workers_list_take(&w->waiting[gang]);
}

static void lambda_nvme_worker_do(LambdaWorkers *w, LambdaGang gang,
                                  struct fw_work *work)
{
    struct fw_op *op;

    if (gang == LAMBDA_GANG_RUN) {
        work->run(work);
        return;
    }
    op = container_of(work, struct fw_op, work);
    op->err = lambda_nvme_media_do(&w->media, op);
}

static void *lambda_nvme_worker(void *opaque)
{
    g_autofree LambdaWorker *self = opaque;
    LambdaWorkers *w = self->set;
    struct fw_work *work;

    qemu_mutex_lock(&w->lock);
    while ((work = lambda_nvme_worker_next(w, self->gang))) {
        w->busy[self->gang]++;
        qemu_mutex_unlock(&w->lock);
        lambda_nvme_worker_do(w, self->gang, work);
        qemu_mutex_lock(&w->lock);
        w->busy[self->gang]--;
        lambda_nvme_workers_close(w);
        qemu_cond_signal(&w->idle);
        lambda_nvme_workers_list_add(&w->done, work);
        if (!w->quit) {
            qemu_bh_schedule(w->bh);
        }
    }
    qemu_mutex_unlock(&w->lock);
    lambda_nvme_workers_unref(w);
    return NULL;
}

/* The next one to be finished, if any may be. */
static struct fw_work *lambda_nvme_workers_done(LambdaWorkers *w)
{
    struct fw_work *work = NULL;

    qemu_mutex_lock(&w->lock);
    if (!w->hold && !w->quit) {
        work = lambda_nvme_workers_list_take(&w->done);
    }
    qemu_mutex_unlock(&w->lock);
    return work;
}

/*
 * One in each turn of the main loop, which looks after others in between.
 * While it is being finished work may be handed over again, more may be held
 * back, and the end may come.
 */
static void lambda_nvme_workers_bh(void *opaque)
{
    LambdaWorkers *w = opaque;
    struct fw_work *work = lambda_nvme_workers_done(w);

    if (!work) {
        return;
    }
    qatomic_inc(&w->users);
    qemu_bh_schedule(w->bh);
    w->finished(w->opaque, work);
    lambda_nvme_workers_unref(w);
}

static void lambda_nvme_workers_gang_start(LambdaWorkers *w, LambdaGang gang,
                                           unsigned count)
{
    static const char *const names[] = {
        [LAMBDA_GANG_RUN] = "lambda",
        [LAMBDA_GANG_MEDIA] = "lambda-media",
    };
    LambdaWorker *worker;
    QemuThread thread;

    qemu_cond_init(&w->wake[gang]);
    for (unsigned i = 0; i < count; i++) {
        worker = g_new(LambdaWorker, 1);
        *worker = (LambdaWorker) { .set = w, .gang = gang };
        qemu_thread_create(&thread, names[gang], lambda_nvme_worker, worker,
                           QEMU_THREAD_DETACHED);
    }
}

LambdaWorkers *lambda_nvme_workers_start(const unsigned counts[LAMBDA_GANGS],
                                         LambdaMedia media,
                                         void (*finished)(void *opaque,
                                                          struct fw_work *work),
                                         void *opaque)
{
    LambdaWorkers *w = g_new0(LambdaWorkers, 1);

    w->users = 1;
    w->media = media;
    qemu_mutex_init(&w->lock);
    qemu_cond_init(&w->idle);
    w->hold = true;
    /* What guards @opaque is its own; it may be gone when @finished returns. */
    w->bh = qemu_bh_new(lambda_nvme_workers_bh, w);
    w->finished = finished;
    w->opaque = opaque;
    for (unsigned i = 0; i < LAMBDA_GANGS; i++) {
        w->users += counts[i];
    }
    for (unsigned i = 0; i < LAMBDA_GANGS; i++) {
        lambda_nvme_workers_gang_start(w, i, counts[i]);
    }
    return w;
}

void lambda_nvme_workers_add(LambdaWorkers *w, LambdaGang gang,
                             struct fw_work *work)
{
    qemu_mutex_lock(&w->lock);
    lambda_nvme_workers_list_add(&w->waiting[gang], work);
    qemu_mutex_unlock(&w->lock);
    qemu_cond_signal(&w->wake[gang]);
}

void lambda_nvme_workers_hold(LambdaWorkers *w, bool hold)
{
    qemu_mutex_lock(&w->lock);
    w->hold = hold;
    while (hold && w->busy[LAMBDA_GANG_MEDIA]) {
        qemu_cond_wait(&w->idle, &w->lock);
    }
    qemu_mutex_unlock(&w->lock);
    qemu_cond_broadcast(&w->wake[LAMBDA_GANG_MEDIA]);
    qemu_bh_schedule(w->bh);
}

void lambda_nvme_workers_end(LambdaWorkers *w, LambdaMemory memory)
{
    qemu_mutex_lock(&w->lock);
    w->quit = true;
    w->memory = memory;
    lambda_nvme_workers_close(w);
    qemu_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < LAMBDA_GANGS; i++) {
        qemu_cond_broadcast(&w->wake[i]);
    }
    qemu_bh_delete(w->bh);
    lambda_nvme_workers_unref(w);
}
