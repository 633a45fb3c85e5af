// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native code as an engine: it gets the input that a λ would get, by read()
 * into a buffer or where the file is mapped, and puts out what a λ would.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

static struct bench_place *bench_engine_take(struct bench_engine *engine)
{
	struct bench_place *place;

	pthread_mutex_lock(&engine->lock);
	place = engine->free;
	if (place)
		engine->free = place->next;
	pthread_mutex_unlock(&engine->lock);
	if (place)
		return place;
	place = calloc(1, sizeof(*place));
	if (place && engine->heap_len) {
		place->heap = malloc(engine->heap_len);
		if (!place->heap) {
			free(place);
			return NULL;
		}
	}
	return place;
}

static void bench_engine_put(struct bench_engine *engine,
			     struct bench_place *place)
{
	pthread_mutex_lock(&engine->lock);
	place->next = engine->free;
	engine->free = place;
	pthread_mutex_unlock(&engine->lock);
}

/* Input at an offset of a page that it has in the file, as a λ finds it. */
static void *bench_engine_room(struct bench_place *place, size_t count,
			       off_t offset)
{
	size_t skip = offset % SBPF_PAGE_SIZE;

	if (place->room < count + skip) {
		free(place->buf);
		place->room = count + skip;
		if (posix_memalign(&place->buf, SBPF_PAGE_SIZE, place->room)) {
			place->buf = NULL;
			place->room = 0;
			return NULL;
		}
	}
	return (unsigned char *)place->buf + skip;
}

static ssize_t bench_engine_read(int fd, unsigned char *to, size_t count,
				 off_t offset)
{
	size_t have = 0;
	ssize_t got;

	while (have < count) {
		got = pread(fd, to + have, count - have, offset + have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && !have)
			return -errno;
		if (got <= 0)
			break;
		have += got;
	}
	return have;
}

/* Memory as a λ finds it: zeros, as far as there is something else, and globals. */
static void bench_engine_clean(const struct bench_engine *engine,
			       struct bench_place *place, void *out, size_t cap)
{
	size_t dirty = place->out == out && place->dirty < cap ? place->dirty :
								 cap;

	memset(out, 0, dirty);
	place->out = out;
	if (place->heap)
		memset(place->heap, 0, engine->heap_len);
	if (engine->native->initial)
		memcpy(engine->native->globals, engine->native->initial,
		       engine->native->len);
}

/* The call itself. Returns as lambda_local__run(). */
static ssize_t bench_engine_call(struct bench_engine *engine,
				 struct bench_place *place, native_fn *fn,
				 struct lambda_ctx *ctx, struct lambda_io *io)
{
	int ret;

	bench_engine_clean(engine, place, (void *)ctx->out, io->out_cap);
	ctx->out_cap = io->out_cap;
	ctx->args = io->args;
	ctx->args_len = io->args_len;
	ctx->heap = (unsigned long)place->heap;
	ctx->heap_len = engine->heap_len;
	ret = fn(ctx);
	io->result.in_len = ctx->in_len;
	io->result.retval = ret;
	place->dirty = ret < 0 ? io->out_cap : (size_t)ret;
	if (ret < 0 || (size_t)ret > io->out_cap) {
		engine->failed = ret;
		io->result.status = LAMBDA_STATUS_ERROR;
		return -ECANCELED;
	}
	io->result.status = LAMBDA_STATUS_OK;
	io->result.out_len = ret;
	return ret;
}

/* Input by read(), or its place in the file that is mapped. */
static ssize_t bench_engine_input(struct bench_engine *engine,
				  struct bench_place *place, int fd,
				  size_t count, off_t offset, void **in)
{
	off_t at = offset - engine->from;

	if (!engine->map) {
		*in = bench_engine_room(place, count, offset);
		return *in ? bench_engine_read(fd, *in, count, offset) :
			     -ENOMEM;
	}
	*in = engine->map + at;
	if (at >= (off_t)engine->map_len)
		return 0;
	return count < engine->map_len - at ? count : engine->map_len - at;
}

static ssize_t bench_engine_pread(void *data, int fd, void *buf, size_t count,
				  off_t offset, struct lambda_io *io)
{
	struct bench_engine *engine = data;
	struct bench_place *place = bench_engine_take(engine);
	struct lambda_ctx ctx = { .out = (unsigned long)buf, .offset = offset };
	ssize_t got;
	void *in;

	if (!place)
		return -ENOMEM;
	got = bench_engine_input(engine, place, fd, count, offset, &in);
	if (got > 0) {
		ctx.in = (unsigned long)in;
		ctx.in_len = got;
		got = bench_engine_call(engine, place, engine->native->run, &ctx,
					io);
	}
	bench_engine_put(engine, place);
	return got;
}

static ssize_t bench_engine_merge(void *data, const void *in, size_t len,
				  void *buf, off_t offset, struct lambda_io *io)
{
	struct bench_engine *engine = data;
	struct bench_place *place = bench_engine_take(engine);
	struct lambda_ctx ctx = {
		.in = (unsigned long)in,
		.in_len = len,
		.out = (unsigned long)buf,
		.offset = offset,
	};
	ssize_t ret;

	if (!place)
		return -ENOMEM;
	ret = bench_engine_call(engine, place, engine->native->merge, &ctx, io);
	bench_engine_put(engine, place);
	return ret;
}

/* The range alone, so that nothing else of a large file takes page tables. */
static int bench_engine_map(struct bench_engine *engine,
			    const struct bench *bench)
{
	engine->from = bench->run.offset - bench->run.offset % SBPF_PAGE_SIZE;
	engine->map_len = bench->bytes + bench->run.offset - engine->from;
	engine->map = mmap(NULL, engine->map_len, PROT_READ, MAP_SHARED,
			   bench->run.file, engine->from);
	if (engine->map != MAP_FAILED)
		return 0;
	engine->map = NULL;
	return -errno;
}

int bench_engine_begin(struct bench_engine *engine, const struct bench *bench,
		       bool map)
{
	*engine = (struct bench_engine){
		.native = &bench->native,
		.heap_len = bench->run.attr.heap_len,
	};
	pthread_mutex_init(&engine->lock, NULL);
	return map ? bench_engine_map(engine, bench) : 0;
}

void bench_engine_fill(struct bench_engine *engine,
		       struct lambda_engine *to)
{
	to->pread = bench_engine_pread;
	to->merge = bench_engine_merge;
	to->data = engine;
}

void bench_engine_end(struct bench_engine *engine)
{
	struct bench_place *place;

	while ((place = engine->free)) {
		engine->free = place->next;
		free(place->buf);
		free(place->heap);
		free(place);
	}
	if (engine->map)
		munmap(engine->map, engine->map_len);
	pthread_mutex_destroy(&engine->lock);
}
