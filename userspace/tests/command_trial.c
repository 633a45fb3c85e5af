// SPDX-License-Identifier: GPL-2.0-only
/* Random runs of the command, and their files. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command_trial.h"

void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* Files */

static void write_file(const char *name, const void *bytes, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	need(fd >= 0 && write(fd, bytes, len) == (ssize_t)len, name);
	close(fd);
}

size_t read_file_into(const char *name, unsigned char **bytes)
{
	int fd = open(name, O_RDONLY);
	struct stat st;

	*bytes = NULL;
	if (fd < 0)
		return 0;
	need(!fstat(fd, &st), name);
	*bytes = malloc(st.st_size + 1);
	need(*bytes && read(fd, *bytes, st.st_size) == st.st_size, name);
	(*bytes)[st.st_size] = '\0';
	close(fd);
	return st.st_size;
}

bool file_is(const char *name, const void *bytes, size_t len)
{
	unsigned char *has;
	size_t n = read_file_into(name, &has);
	bool same = has && n == len && (!len || !memcmp(has, bytes, len));

	free(has);
	return same;
}

/* Everything in the folder goes; what is not of the test is counted. */
unsigned int trial_clean(void)
{
	static const char *const ours[] = { ".", "..", "in", "out", "other",
					    "said" };
	unsigned int strange = 0;
	struct dirent *entry;
	DIR *d = opendir(".");
	size_t i;

	need(d, "opendir");
	while ((entry = readdir(d))) {
		for (i = 0; i < 6 && strcmp(entry->d_name, ours[i]); i++)
			;
		strange += i == 6;
		if (i > 1)
			unlink(entry->d_name);
	}
	closedir(d);
	return strange;
}

void trial_make_files(const struct trial *t)
{
	trial_clean();
	write_file("in", t->pool, t->size);
	if (t->target == TO_OLD || t->target == TO_LINK ||
	    t->target == TO_HARD_LINKED)
		write_file(t->target == TO_LINK ? "other" : "out", OLD,
			   strlen(OLD));
	if (t->target == TO_LINK)
		need(!symlink("other", "out"), "symlink");
	if (t->target == TO_HARD_LINKED)
		need(!link("out", "other"), "link");
	if (t->target == TO_INPUT)
		need(!(chance(50) ? link("in", "out") : symlink("in", "out")),
		     "link");
}

/* Choosing */

static size_t random_size(void)
{
	switch (below(4)) {
	case 0:
		return below(3000);
	case 1:
		return below(100000);
	default:
		return below(POOL_SIZE + 1);
	}
}

static const char *random_side(void)
{
	static char sides[64];
	static const char *side[8];
	static size_t count;
	char *word;

	if (!count) {
		snprintf(sides, sizeof(sides), "%s",
			 getenv("COMMAND_SIDES") ?: "local");
		for (word = strtok(sides, " "); word && count < 8;
		     word = strtok(NULL, " "))
			side[count++] = word;
	}
	return side[below(count)];
}

static void choose_change(struct trial *t)
{
	t->change = chance(20) ? (chance(50) ? GROWS : SHRINKS) : STAYS;
	t->final = t->size;
	if (t->change == STAYS)
		return;
	/* So few candidates for the answer that each can be tried. */
	t->size %= 60000;
	t->step = 1 + below(4000);
	t->final = t->change == GROWS ? t->size + 20 * t->step :
					below(t->size + 1);
}

static void choose_range(struct trial *t)
{
	t->offset = chance(60) ? 0 : below(t->size + 1000);
	t->has_length = chance(25) && t->change == STAYS;
	t->length = below(t->size + 1000);
	switch (below(3)) {
	case 0:
		t->batch = 0;
		break;
	case 1:
		t->batch = 1 + below(4u << 20);
		break;
	default:
		t->batch = 1 + below(10000);
	}
	/* A few thousand requests are enough. */
	if (t->batch && t->batch < t->size / 2000)
		t->batch = t->size / 2000;
}

static char *print(char *to, size_t size, const char *fmt, size_t value)
{
	snprintf(to, size, fmt, value);
	return to;
}

static void find_object(struct trial *t)
{
	const char *folder = getenv("BPF_OBJECTS") ?: "/usr/lib/lambda";
	const char *base = strrchr(t->program->object, '/') + 1;

	snprintf(t->object, sizeof(t->object), "%s/%s.bpf.o", folder,
		 t->program->object);
	/* As they are installed. */
	if (access(t->object, R_OK))
		snprintf(t->object, sizeof(t->object), "%s/%s.bpf.o", folder,
			 base);
}

static void make_argv(struct trial *t)
{
	char **arg = t->argv;
	size_t i;

	find_object(t);
	*arg++ = "lambda";
	*arg++ = "run";
	snprintf(t->name_arg, sizeof(t->name_arg), "--program=%s",
		 t->program->name);
	*arg++ = t->name_arg;
	for (i = 0; t->program->args[i]; i++)
		*arg++ = (char *)t->program->args[i];
	if (t->write) {
		*arg++ = "--write";
		*arg++ = "--in=in";
	}
	if (t->batch)
		*arg++ = print(t->batch_arg, 40, "--batch=%zu", t->batch);
	if (t->offset)
		*arg++ = print(t->offset_arg, 40, "--offset=%zu", t->offset);
	if (t->has_length)
		*arg++ = print(t->length_arg, 40, "--length=%zu", t->length);
	if (t->lines_option)
		*arg++ = "--lines";
	if (!t->write)
		*arg++ = "--print=raw";
	if (t->jobs)
		*arg++ = print(t->jobs_arg, 40, "--jobs=%zu", t->jobs);
	if (!strcmp(t->side, "local")) {
		*arg++ = "--local";
	} else {
		snprintf(t->side_arg, sizeof(t->side_arg), "--side=%s", t->side);
		*arg++ = t->side_arg;
		/* Pages that are mapped are zeroed where the file is cut. */
		if (t->change == SHRINKS)
			*arg++ = "--snapshot";
	}
	snprintf(t->out_arg, sizeof(t->out_arg), "--out=%s",
		 t->target == TO_FULL ? "/dev/full" : "out");
	if (!t->write && t->target != TO_PIPE && t->target != TO_STDOUT_FILE)
		*arg++ = t->out_arg;
	*arg++ = t->object;
	for (i = 0; t->program->words[i]; i++)
		*arg++ = (char *)t->program->words[i];
	*arg++ = t->write ? t->out_arg + strlen("--out=") : "in";
	*arg = NULL;
}

/* Writing in place goes to a file; a device that is full takes no iter. */
static void choose_write(struct trial *t)
{
	/* What comes before a record that is cut would stay written. */
	t->write = t->change == STAYS && !t->program->strict && chance(20);
	if (!t->write)
		return;
	t->offset %= 10000;
	if (t->target == TO_PIPE || t->target == TO_STDOUT_FILE ||
	    (t->target == TO_FULL && strcmp(t->side, "local")))
		t->target = TO_OLD;
}

void trial_choose(struct trial *t)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGKILL, SIGHUP };

	memset(t, 0, sizeof(*t));
	t->program = &model_programs[below(model_nr_programs)];
	t->pool = model_pool(below(MODEL_POOLS));
	t->size = random_size();
	choose_change(t);
	choose_range(t);
	t->lines_option = t->program->lines && chance(20);
	t->jobs = chance(60) ? 1 + below(16) : 0;
	t->target = below(TARGETS);
	t->side = random_side();
	choose_write(t);
	t->closed = chance(10) ? (int)below(3) : -1;
	if (t->target == TO_PIPE && t->closed == 1)
		t->closed = -1;
	t->signal = chance(10) ? signals[below(4)] : 0;
	t->delay = below(30000);
	make_argv(t);
}
