// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures points. A list has one a line, of words KEY=VALUE; a line of the
 * result has what COLUMNS says. Times are of the clock: where that counts
 * instructions, they are alike each time.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define COLUMNS	"id,ns,bytes,out_bytes,hash,requests,host,device,profiled," \
		"ns_requests,ns_profiled,ns_longest,ns_media,ns_link,ns_compute," \
		"bytes_media,bytes_link,misses"

#define BLANKS	" \t\n"

unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Requests of one thread, each after the other, taken as they come. */
struct worker {
	struct work *work;
	atomic_size_t *next;
	pthread_barrier_t *begin;
	unsigned char *buf;
	int err;
};

static void *work_on(void *arg)
{
	struct worker *worker = arg;
	struct work *w = worker->work;
	size_t k;

	pthread_barrier_wait(worker->begin);
	while (!worker->err) {
		k = atomic_fetch_add(worker->next, 1);
		if (k >= w->point->count)
			break;
		worker->err = make_request(w, &w->requests[k], worker->buf);
	}
	return NULL;
}

static int start_threads(struct worker *workers, pthread_t *ids,
			 unsigned int nr)
{
	unsigned int k;

	for (k = 1; k < nr; k++)
		if (pthread_create(&ids[k], NULL, work_on, &workers[k]))
			return fail("cannot start a thread");
	return 0;
}

/* This thread is one of those that make requests. */
static int make_requests(struct work *w)
{
	struct worker workers[THREADS_MAX];
	unsigned int nr = w->point->threads, k;
	pthread_t ids[THREADS_MAX];
	pthread_barrier_t begin;
	unsigned long long start;
	atomic_size_t next = 0;
	int err;

	pthread_barrier_init(&begin, NULL, nr);
	for (k = 0; k < nr; k++)
		workers[k] = (struct worker) {
			.work = w, .next = &next, .begin = &begin,
			.buf = w->buffers[k],
		};
	err = start_threads(workers, ids, nr);
	if (err)
		return err;
	start = now_ns();
	work_on(&workers[0]);
	for (k = 1; k < nr; k++)
		pthread_join(ids[k], NULL);
	for (k = 0; k < nr; k++)
		err = err ? err : workers[k].err;
	err = err ? err : settle(w);
	w->ns += now_ns() - start;
	pthread_barrier_destroy(&begin);
	return err;
}

/* FNV-1a over 64-bit words: plenty for results that should be equal. */
static uint64_t hash(uint64_t sum, const unsigned char *p, size_t len)
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
static int hash_all(struct work *w, uint64_t *sum)
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
		*sum = hash(*sum ^ r->out_len, out, r->out_len);
	}
	return 0;
}

/* What the requests of a point add up to. */
struct totals {
	unsigned long long out, host, device, profiled, ns, ns_profiled;
	unsigned long long longest, media, link, compute;
	unsigned long long bytes_media, bytes_link;
};

static void add(struct totals *t, const struct request *r)
{
	t->out += r->out_len;
	t->ns += r->ns;
	t->host += r->io.side == LAMBDA_SIDE_HOST;
	t->device += r->io.side == LAMBDA_SIDE_DEVICE;
	if (r->io.reason == LAMBDA_REASON_PROFILE) {
		t->profiled++;
		t->ns_profiled += r->ns;
	}
	t->longest = r->ns > t->longest ? r->ns : t->longest;
	t->media += r->io.ns_media;
	t->link += r->io.ns_link;
	t->compute += r->io.ns_compute;
	t->bytes_media += r->io.bytes_media;
	t->bytes_link += r->io.bytes_link;
}

static void print_point(const struct work *w, const struct totals *t,
			uint64_t sum, const struct misses *m)
{
	const struct point *p = w->point;
	size_t requests = p->count * p->rounds, k;

	printf("%s,%llu,%zu,%llu,%016" PRIx64 ",%zu,%llu,%llu,%llu",
	       p->id, w->ns, requests * p->size, t->out, sum, requests, t->host,
	       t->device, t->profiled);
	printf(",%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,", t->ns,
	       t->ns_profiled, t->longest, t->media,
	       t->link, t->compute, t->bytes_media, t->bytes_link);
	for (k = 0; k < m->count; k++)
		printf("%d ", m->permille[k]);
	putchar('\n');
	fflush(stdout);
}

/* A system call that nobody else makes, for a debugger to stop at. */
static void mark(const struct point *p)
{
	if (p->mark)
		syscall(SYS_personality, 0xffffffff);
}

/* All requests, with the cache as it is to be; the result never differs. */
static int run_round(struct work *w, struct totals *t, uint64_t *sum,
		     struct misses *m)
{
	const struct point *p = w->point;
	uint64_t before = *sum;
	size_t k;

	if ((!p->keep && set_cache(w)) || (p->trace && start_trace()))
		return -1;
	/* What the kernel had put off is done before the mark. */
	if (p->mark)
		sleep(1);
	mark(p);
	if (make_requests(w))
		return -1;
	mark(p);
	if ((p->trace && read_trace(m)) || hash_all(w, sum))
		return -1;
	for (k = 0; k < p->count; k++)
		add(t, &w->requests[k]);
	return before && before != *sum ? fail("another result") : 0;
}

/*
 * What the kernel sets up once is no matter of the point, nor is what it tries
 * out before it knows a λ.
 */
static int warm_up(struct work *w)
{
	size_t done;
	int err = 0;

	if (w->point->warm == 1)
		return make_request(w, &w->requests[0], w->buffers[0]);
	for (done = 0; done < w->point->warm && !err; done += w->point->count)
		err = set_cache(w) || make_requests(w) ? -1 : 0;
	w->ns = 0;
	return err;
}

static int run_point(const struct point *p, const char *folder,
		     const char *objects)
{
	struct work w = { .point = p, .fd = -1, .plain = -1, .lambda = -1 };
	int err = open_work(&w, folder, objects);
	struct totals t = { 0 };
	static struct misses m;
	unsigned int round;
	uint64_t sum = 0;

	m.count = 0;
	if (!err)
		err = warm_up(&w);
	for (round = 0; round < p->rounds && !err; round++)
		err = run_round(&w, &t, &sum, &m);
	if (!err)
		print_point(&w, &t, sum, &m);
	close_work(&w);
	return err ? fail("%s failed", p->id) : 0;
}

static enum way find_way(const char *name)
{
	enum way way = 0;

	while (way < WAYS && strcmp(way_names[way], name))
		way++;
	return way;
}

static int set_number(struct point *p, const char *key, size_t value)
{
	if (!strcmp(key, "size"))
		p->size = value;
	else if (!strcmp(key, "count"))
		p->count = value;
	else if (!strcmp(key, "start"))
		p->start = value;
	else if (!strcmp(key, "stride"))
		p->stride = value;
	else if (!strcmp(key, "cached"))
		p->cached = value;
	else if (!strcmp(key, "threads"))
		p->threads = value;
	else if (!strcmp(key, "rounds"))
		p->rounds = value;
	else if (!strcmp(key, "trace"))
		p->trace = value;
	else if (!strcmp(key, "warm"))
		p->warm = value;
	else if (!strcmp(key, "keep"))
		p->keep = value;
	else if (!strcmp(key, "mark"))
		p->mark = value;
	else
		return fail("%s: unknown", key);
	return 0;
}

static int set(struct point *p, const char *key, const char *value)
{
	if (!strcmp(key, "id"))
		snprintf(p->id, sizeof(p->id), "%s", value);
	else if (!strcmp(key, "program"))
		p->job = find_job(value);
	else if (!strcmp(key, "way"))
		p->way = find_way(value);
	else if (!strcmp(key, "file"))
		snprintf(p->file, sizeof(p->file), "%s", value);
	else
		return set_number(p, key, strtoull(value, NULL, 10));
	return 0;
}

static int parse(char *line, struct point *p)
{
	char *word, *rest = line, *value;

	*p = (struct point) {
		.way = WAYS, .count = 1, .threads = 1, .rounds = 1,
	};
	while ((word = strtok_r(rest, BLANKS, &rest))) {
		value = strchr(word, '=');
		if (!value)
			return fail("%s: no value", word);
		*value++ = '\0';
		if (set(p, word, value))
			return -1;
	}
	if (!p->job || p->way == WAYS || !p->size || !p->count ||
	    !p->threads || p->threads > THREADS_MAX || !p->rounds ||
	    p->cached > 100)
		return fail("%s: not a point", p->id);
	if (!p->file[0])
		snprintf(p->file, sizeof(p->file), "%s", p->job->file);
	if (!p->stride)
		p->stride = p->size;
	return 0;
}

int run_list(const char *list, const char *folder, const char *objects)
{
	FILE *file = fopen(list, "re");
	char line[1024];
	struct point p;
	int err = 0;

	if (!file)
		return fail("%s: %s", list, strerror(errno));
	err = prepare_jobs(folder);
	puts(COLUMNS);
	while (!err && fgets(line, sizeof(line), file)) {
		err = parse(line, &p);
		if (!err)
			err = run_point(&p, folder, objects);
	}
	fclose(file);
	return err;
}
