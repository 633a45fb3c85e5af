// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures points. Times are of the clock: where that counts instructions, they
 * are alike each time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

/* Requests of one thread, each after the other, taken as they come. */
struct worker {
	struct work *work;
	atomic_size_t *next;
	pthread_barrier_t *begin;
	unsigned char *buf;
	int err;
};

static void *measure_work_on(void *arg)
{
	struct worker *worker = arg;
	struct work *w = worker->work;
	size_t k;

	pthread_barrier_wait(worker->begin);
	while (!worker->err) {
		k = atomic_fetch_add(worker->next, 1);
		if (k >= w->point->count)
			break;
		worker->err = guest_method_request(w, &w->requests[k],
						   worker->buf);
	}
	return NULL;
}

static int measure_start_threads(struct worker *workers, pthread_t *ids,
				 unsigned int nr)
{
	unsigned int k;

	for (k = 1; k < nr; k++)
		if (pthread_create(&ids[k], NULL, measure_work_on, &workers[k]))
			return fail("cannot start a thread");
	return 0;
}

static int measure_make_ring_requests(struct work *w)
{
	unsigned long long start;
	int err;

	work_meet(w);
	start = now_ns();
	err = guest_ring_make_requests(w);
	w->ns += now_ns() - start;
	return err;
}

/* This thread is one of those that make requests. */
static int measure_make_requests(struct work *w)
{
	struct worker workers[THREADS_MAX];
	unsigned int nr = w->point->threads, k;
	pthread_t ids[THREADS_MAX];
	pthread_barrier_t begin;
	unsigned long long start;
	atomic_size_t next = 0;
	int err;

	if (w->ring)
		return measure_make_ring_requests(w);
	pthread_barrier_init(&begin, NULL, nr);
	for (k = 0; k < nr; k++)
		workers[k] = (struct worker) {
			.work = w, .next = &next, .begin = &begin,
			.buf = w->buffers[k],
		};
	err = measure_start_threads(workers, ids, nr);
	if (err)
		return err;
	work_meet(w);
	start = now_ns();
	measure_work_on(&workers[0]);
	for (k = 1; k < nr; k++)
		pthread_join(ids[k], NULL);
	for (k = 0; k < nr; k++)
		err = err ? err : workers[k].err;
	err = err ? err : guest_method_sync_output(w);
	w->ns += now_ns() - start;
	pthread_barrier_destroy(&begin);
	return err;
}

/* FNV-1a over 64-bit words: plenty for results that should be equal. */
static uint64_t measure_hash(uint64_t sum, const unsigned char *p, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3;
		sum ^= sum >> 32;
	}
	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3;
	return sum;
}

/* What was written is what the file has, not what somebody remembers. */
static int measure_hash_all(struct work *w, uint64_t *sum)
{
	const struct point *p = w->point;
	size_t k;

	*sum = 0xcbf29ce484222325;
	for (k = 0; k < p->count; k++) {
		struct request *r = &w->requests[k];
		const unsigned char *out = r->out;

		if (p->job->expand) {
			out = w->buffers[0];
			if (pread(w->plain, w->buffers[0], r->out_len,
				  r->offset) != (ssize_t)r->out_len)
				return fail("%s: cannot be read back", p->file);
		}
		*sum = measure_hash(*sum ^ r->out_len, out, r->out_len);
	}
	return 0;
}

static void measure_add(struct outcome *t, const struct request *r)
{
	t->out += r->out_len;
	t->ns_requests += r->ns;
	t->host += r->io.result.side == LAMBDA_SIDE_HOST;
	t->device += r->io.result.side == LAMBDA_SIDE_DEVICE;
	t->both += r->io.result.side == LAMBDA_SIDE_BOTH;
	if (r->io.result.reason == LAMBDA_REASON_PROFILE) {
		t->profiled++;
		t->ns_profiled += r->ns;
	}
	t->longest = r->ns > t->longest ? r->ns : t->longest;
	t->media += r->io.result.ns_media;
	t->link += r->io.result.ns_link;
	t->compute += r->io.result.ns_compute;
	t->bytes_media += r->io.result.bytes_media;
	t->bytes_link += r->io.result.bytes_link;
}

static int measure_is_longer(const void *a, const void *b)
{
	unsigned long long one = *(const unsigned long long *)a;
	unsigned long long other = *(const unsigned long long *)b;

	return (one > other) - (one < other);
}

/* What 99 of 100 requests of this round took at most; the worst round counts. */
static int measure_add_p99(struct outcome *t, const struct work *w)
{
	size_t count = w->point->count, k;
	unsigned long long *ns = calloc(count, sizeof(*ns));

	if (!ns)
		return fail("no memory");
	for (k = 0; k < count; k++)
		ns[k] = w->requests[k].ns;
	qsort(ns, count, sizeof(*ns), measure_is_longer);
	k = (count * 99 + 99) / 100 - 1;
	t->p99 = ns[k] > t->p99 ? ns[k] : t->p99;
	free(ns);
	return 0;
}

/* A system call that nobody else makes, for a debugger to stop at. */
static void measure_mark(const struct point *p)
{
	if (p->mark)
		syscall(SYS_personality, 0xffffffff);
}

/* All requests, with the cache as it is to be; the result never differs. */
static int measure_run_round(struct work *w, struct outcome *t)
{
	const struct point *p = w->point;
	uint64_t before = t->hash;
	size_t k;

	if ((!p->keep && work_set_cache(w)) ||
	    (p->trace && guest_trace_start()))
		return -1;
	/* What the kernel had put off is done before the mark. */
	if (p->mark)
		sleep(1);
	measure_mark(p);
	if (measure_make_requests(w))
		return -1;
	measure_mark(p);
	/* Nothing that is not measured takes time from who still is. */
	work_meet(w);
	if ((p->trace && guest_trace_read(&t->misses)) ||
	    measure_hash_all(w, &t->hash) || measure_add_p99(t, w))
		return -1;
	for (k = 0; k < p->count; k++)
		measure_add(t, &w->requests[k]);
	return before && before != t->hash ? fail("another result") : 0;
}

/*
 * What the kernel sets up once is no matter of the point, nor is what it tries
 * out before it knows a λ.
 */
static int measure_warm_up(struct work *w)
{
	size_t done;
	int err = 0;

	if (w->point->warm == 1)
		return guest_method_request(w, &w->requests[0], w->buffers[0]);
	for (done = 0; done < w->point->warm && !err; done += w->point->count)
		err = work_set_cache(w) || measure_make_requests(w) ? -1 : 0;
	w->ns = 0;
	return err;
}

int measure_point(const struct point *p, const char *folder,
		  const char *objects, pthread_barrier_t *beside,
		  struct outcome *t)
{
	struct work w = {
		.point = p, .fd = -1, .plain = -1, .lambda = -1,
		.beside = beside,
	};
	int err = work_open(&w, folder, objects);
	unsigned int round;

	memset(t, 0, sizeof(*t));
	if (!err)
		err = measure_warm_up(&w);
	for (round = 0; round < p->rounds && !err; round++)
		err = measure_run_round(&w, t);
	t->ns = w.ns;
	if (!err && p->method == METHOD_BOTH && !t->both)
		err = fail("%s: nothing was divided", p->file);
	err = work_close(&w) || err ? -1 : 0;
	return err ? fail("%s failed", p->id) : 0;
}
