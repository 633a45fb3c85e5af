// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to measure: a list with a point a line, of words KEY=VALUE. Two lines
 * that follow each other and are beside something are one another's partners.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define BLANKS	" \t\n"

static enum method guest_list_find_method(const char *name)
{
	enum method method = 0;

	while (method < NR_METHODS && strcmp(method_names[method], name))
		method++;
	return method;
}

static int guest_list_set_number(struct point *p, const char *key, size_t value)
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
	else if (!strcmp(key, "period"))
		p->period = value;
	else if (!strcmp(key, "probes"))
		p->probes = value;
	else
		return fail("%s: unknown", key);
	return 0;
}

static int guest_list_set(struct point *p, const char *key, const char *value)
{
	if (!strcmp(key, "id"))
		snprintf(p->id, sizeof(p->id), "%s", value);
	else if (!strcmp(key, "program"))
		p->job = jobs_find(value);
	else if (!strcmp(key, "method"))
		p->method = guest_list_find_method(value);
	else if (!strcmp(key, "file"))
		snprintf(p->file, sizeof(p->file), "%s", value);
	else if (!strcmp(key, "beside"))
		snprintf(p->beside, sizeof(p->beside), "%s", value);
	else
		return guest_list_set_number(p, key, strtoull(value, NULL, 10));
	return 0;
}

static int guest_list_parse(char *line, struct point *p)
{
	char *word, *rest = line, *value;

	*p = (struct point) {
		.method = NR_METHODS, .count = 1, .threads = 1, .rounds = 1,
	};
	while ((word = strtok_r(rest, BLANKS, &rest))) {
		value = strchr(word, '=');
		if (!value)
			return fail("%s: no value", word);
		*value++ = '\0';
		if (guest_list_set(p, word, value))
			return -1;
	}
	if (!p->job || p->method == NR_METHODS || !p->size || !p->count ||
	    !p->threads || p->threads > THREADS_MAX || !p->rounds ||
	    p->cached > 100)
		return fail("%s: not a point", p->id);
	if (!p->file[0])
		snprintf(p->file, sizeof(p->file), "%s", p->job->file);
	if (!p->stride)
		p->stride = p->size;
	return 0;
}

/* How often all requests are made, and others wait for it. */
static size_t guest_list_turns(const struct point *p)
{
	return p->rounds + (p->warm > 1 ? (p->warm - 1) / p->count + 1 : 0);
}

/* A process of a pair; what it has printed is out. */
static pid_t guest_list_start(const struct point *p, const char *folder,
			      const char *objects, pthread_barrier_t *beside)
{
	pid_t pid = fork();

	if (!pid)
		_exit(row_run(p, folder, objects, beside) ? 1 : 0);
	return pid;
}

/* A process that has lost the other would wait for ever. */
static int guest_list_wait_for(const pid_t *pids)
{
	int err = pids[0] < 0 || pids[1] < 0 ? -1 : 0, status, k;
	pid_t ended;

	do {
		for (k = 0; k < 2; k++)
			if (err && pids[k] > 0)
				kill(pids[k], SIGKILL);
		ended = wait(&status);
		if (ended > 0 && status)
			err = -1;
	} while (ended > 0);
	return err;
}

/* Two points at the same time, each in a process of its own. */
static int guest_list_run_pair(const struct point *pair, const char *folder,
			       const char *objects)
{
	pthread_barrier_t *beside;
	pthread_barrierattr_t attr;
	pid_t pids[2];
	int err;

	if (!pair[1].beside[0] ||
	    guest_list_turns(&pair[0]) != guest_list_turns(&pair[1]) ||
	    pair[0].keep || pair[1].keep)
		return fail("%s: not a pair", pair[0].id);
	beside = mmap(NULL, sizeof(*beside), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (beside == MAP_FAILED)
		return fail("no memory");
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(beside, &attr, 2);
	pids[0] = guest_list_start(&pair[0], folder, objects, beside);
	pids[1] = pids[0] < 0 ? -1 :
				guest_list_start(&pair[1], folder, objects,
						 beside);
	err = guest_list_wait_for(pids);
	munmap(beside, sizeof(*beside));
	return err;
}

/* The next point and, where it has one, its partner; 1 at the end. */
static int guest_list_run_next(FILE *file, const char *folder,
			       const char *objects)
{
	struct point pair[2];
	char line[1024];
	int k;

	for (k = 0; k < 2; k++) {
		if (!fgets(line, sizeof(line), file))
			return k ? fail("%s: alone", pair[0].id) : 1;
		if (guest_list_parse(line, &pair[k]))
			return -1;
		if (!pair[0].beside[0])
			return row_run(&pair[0], folder, objects, NULL);
	}
	return guest_list_run_pair(pair, folder, objects);
}

int guest_list_run(const char *list, const char *folder, const char *objects)
{
	FILE *file = fopen(list, "re");
	int err;

	if (!file)
		return fail("%s: %s", list, strerror(errno));
	err = guest_inputs_prepare(folder);
	row_print_columns();
	while (!err)
		err = guest_list_run_next(file, folder, objects);
	fclose(file);
	return err < 0 ? err : 0;
}
