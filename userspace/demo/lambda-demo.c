// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda-demo FOLDER [OBJECTS]: runs every λ program over the data that
 * scripts/make-demo-data put into FOLDER, next to the same source compiled for
 * this machine behind read() and mmap(), compares the results and prints how
 * long each way took. Ends with 1 when any result differs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"

/* Each way is done this often, and the shortest time is told. */
#define ROUNDS		3

#define OBJECTS_DEFAULT	"/usr/lib/lambda"

int fail(const char *fmt, ...)
{
	va_list args;

	fputs("lambda-demo: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int load(struct data *data, const char *objects)
{
	char path[4096], why[4096];

	snprintf(path, sizeof(path), "%s/%s.bpf.o", objects, data->job->name);
	if (lambda_object__open(path, why, sizeof(why), &data->obj) ||
	    lambda_object__program(data->obj, NULL, why, sizeof(why),
				   &data->prog))
		return fail("%s", why);
	data->lambda = lambda_program__load(data->prog, NULL, why, sizeof(why));
	return data->lambda < 0 ? fail("%s", why) : 0;
}

/* The last newline of a batch ends it; without one it is cut as it is. */
static size_t line_end(const char *in, size_t start, size_t end)
{
	const char *last = memrchr(in + start, '\n', end - start);

	return last ? (size_t)(last + 1 - in) : end;
}

static int cut_batches(struct data *data)
{
	size_t start, end, most = data->size / (BATCH / 2) + 2;
	const char *in;

	data->ends = calloc(most, sizeof(*data->ends));
	in = mmap(NULL, data->size, PROT_READ, MAP_SHARED, data->fd, 0);
	if (!data->ends || in == MAP_FAILED)
		return fail("%s: no memory", data->path);
	for (start = 0; start < data->size; start = end) {
		end = start + BATCH < data->size ? start + BATCH : data->size;
		if (data->job->lines && end < data->size)
			end = line_end(in, start, end);
		if (data->count == most)
			return fail("%s: lines are too long", data->path);
		data->ends[data->count++] = end;
	}
	munmap((void *)in, data->size);
	return 0;
}

static int open_input(struct data *data, const char *folder)
{
	struct stat st;

	snprintf(data->path, sizeof(data->path), "%s/%s", folder,
		 data->job->file);
	data->fd = open(data->path, O_RDONLY | O_CLOEXEC);
	if (data->fd < 0 || fstat(data->fd, &st))
		return fail("%s: %s", data->path, strerror(errno));
	if (st.st_size == 0)
		return fail("%s: empty", data->path);
	data->size = st.st_size;
	return cut_batches(data);
}

/* A file without a name, and the input in memory. */
static int open_output(struct data *data, const char *folder)
{
	size_t at = 0;
	ssize_t got;

	data->file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (data->file < 0)
		return fail("%s: cannot make a file: %s", folder,
			    strerror(errno));
	data->input = malloc(data->size);
	if (!data->input)
		return fail("no memory for the input");
	for (; at < data->size; at += got) {
		got = pread(data->fd, data->input + at, data->size - at, at);
		if (got <= 0)
			return fail("%s: cannot read it", data->path);
	}
	return 0;
}

static int open_data(struct data *data, const char *folder, const char *objects)
{
	int err = open_input(data, folder);

	if (!err && data->job->write)
		err = open_output(data, folder);
	if (err)
		return err;
	data->out = malloc(data->count * data->job->out_cap);
	if (!data->out)
		return fail("no memory for the output");
	return load(data, objects);
}

static void close_data(struct data *data)
{
	int fds[] = { data->fd, data->file, data->lambda };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	lambda_object__close(data->obj);
	free(data->ends);
	free(data->input);
	free(data->out);
}

static int empty_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	bool ok;

	sync();
	ok = fd >= 0 && write(fd, "3", 1) == 1;
	if (fd >= 0)
		close(fd);
	return ok ? 0 : fail("cannot drop the page cache: %s", strerror(errno));
}

static int warm_caches(const struct data *data)
{
	char buf[65536];
	off_t at = 0;
	ssize_t got;

	do {
		got = pread(data->fd, buf, sizeof(buf), at);
		at += got;
	} while (got > 0);
	return got < 0 ? fail("%s: %s", data->path, strerror(errno)) : 0;
}

/* What a write job made is compared as the file has it. */
static int read_back(struct data *data, size_t len)
{
	size_t at;
	ssize_t got;

	for (at = 0; at < len; at += got) {
		got = pread(data->file, data->out + at, len - at, at);
		if (got <= 0)
			return fail("%s: cannot read the output back",
				    data->job->name);
	}
	return 0;
}

/* FNV-1a over 64-bit words: plenty for results that should be equal. */
static unsigned long long hash(const unsigned char *p, size_t len)
{
	unsigned long long sum = 0xcbf29ce484222325, word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3;
		sum ^= sum >> 32;
	}
	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3;
	return sum;
}

static int measure_once(struct data *data, enum way way, bool cold,
			struct result *result)
{
	double begin;
	ssize_t len;

	if (data->job->write && ftruncate(data->file, 0))
		return fail("cannot empty the file: %s", strerror(errno));
	if (cold ? empty_caches() : warm_caches(data))
		return -1;
	/* A way that writes nothing must not find another's output. */
	memset(data->out, 0xa5, data->count * data->job->out_cap);
	begin = now();
	len = do_job(data, way, cold);
	result->seconds = now() - begin;
	if (len < 0 || (data->job->write && read_back(data, len)))
		return -1;
	result->len = len;
	result->hash = hash(data->out, len);
	return 0;
}

static int measure(struct data *data, enum way way, bool cold,
		   struct result *result)
{
	struct result again;
	int i;

	if (measure_once(data, way, cold, result))
		return -1;
	for (i = 1; i < ROUNDS; i++) {
		if (measure_once(data, way, cold, &again))
			return -1;
		if (again.len != result->len || again.hash != result->hash)
			return fail("%s: another result the second time",
				    data->job->name);
		if (again.seconds < result->seconds)
			result->seconds = again.seconds;
	}
	return 0;
}

static bool equal(struct result results[2][NR_WAYS])
{
	const struct result *first = &results[0][0];
	int i;

	for (i = 1; i < 2 * NR_WAYS; i++) {
		const struct result *other = &results[i / NR_WAYS][i % NR_WAYS];

		if (other->len != first->len || other->hash != first->hash)
			return false;
	}
	return first->len > 0;
}

static int run_job(const struct job *job, const char *folder,
		   const char *objects)
{
	struct data data = { .job = job, .fd = -1, .file = -1, .lambda = -1 };
	struct result results[2][NR_WAYS];
	int err = open_data(&data, folder, objects), cold, way;
	bool same;

	/* Cold first, so that the code of all ways has run before. */
	for (cold = 1; cold >= 0 && !err; cold--)
		for (way = 0; way < NR_WAYS && !err; way++)
			err = measure(&data, way, cold, &results[cold][way]);
	if (!err) {
		same = equal(results);
		printf("%-10s %11zu  %-5s", job->name, data.size,
		       same ? "yes" : "NO");
		for (cold = 0; cold < 2; cold++)
			for (way = 0; way < NR_WAYS; way++)
				printf(" %9.1f", results[cold][way].seconds *
						 1e3);
		putchar('\n');
		fflush(stdout);
		err = same ? 0 : -1;
	}
	close_data(&data);
	return err;
}

static void print_head(void)
{
	printf("Milliseconds over each file in requests of 1 MiB, the shortest of %d runs. λ is\n"
	       "lambda_pread() or lambda_pwrite(), the others read() and mmap() with the same\n"
	       "source as native code. bitmap writes: to the page cache, and to the disk. In an\n"
	       "emulated guest times tell the ways apart; they are no figures of speed.\n\n",
	       ROUNDS);
	printf("%-10s %11s  %-5s %29s %29s\n", "", "", "",
	       "---------- cached ----------", "----------- cold -----------");
	printf("%-10s %11s  %-5s %10s %9s %9s %10s %9s %9s\n", "program",
	       "bytes", "equal", "λ", "read", "mmap", "λ", "read", "mmap");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct job *job;
	int failed = 0;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "Usage: lambda-demo FOLDER [OBJECTS]\n");
		return 2;
	}
	if (jobs_prepare(argv[1]))
		return 1;
	print_head();
	for (job = jobs; job->name; job++)
		if (run_job(job, argv[1], argc > 2 ? argv[2] : OBJECTS_DEFAULT))
			failed++;
	if (failed)
		fail("%d of the programs failed or gave unequal results",
		     failed);
	return failed ? 1 : 0;
}
