// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random runs of the lambda command against a model: what comes out is what the
 * program's native version makes of the same bytes, or there is an error and all
 * files are as they were.
 *
 *	command_test [RUNS [SEED]]
 *
 * LAMBDA is the command, BPF_OBJECTS the folder of the objects, COMMAND_SIDES
 * what is tried of `local host device auto` (local). A run that fails is told
 * with its seed: `command_test 1 SEED` repeats it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command_trial.h"
#include "test.h"

#define RUNS	300

/* How it ended. */
struct outcome {
	int status;
	unsigned char *bytes;
	size_t len;
	char said[2000];
};

static unsigned int complete, refused, ended, killed;

/* Running */

static void become_command(const struct trial *t, int out)
{
	int said = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (t->target == TO_STDOUT_FILE)
		out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0640);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	if (t->closed >= 0)
		close(t->closed);
	execvp(getenv("LAMBDA") ?: "lambda", t->argv);
	_exit(99);
}

/* The file changes while the command is at work. */
static void change_file(const struct trial *t)
{
	int fd = open("in", O_WRONLY);
	size_t size, n;

	need(fd >= 0, "in");
	usleep(t->delay / 4);
	if (t->change == SHRINKS)
		need(!ftruncate(fd, t->final), "ftruncate");
	/* A write() within a page comes in one piece. */
	for (size = t->size; t->change == GROWS && size < t->final; size += n) {
		n = t->step;
		if (n > 4096 - size % 4096)
			n = 4096 - size % 4096;
		if (n > t->final - size)
			n = t->final - size;
		need(pwrite(fd, t->pool + size, n, size) == (ssize_t)n, "in");
		usleep(100);
	}
	close(fd);
}

static void take_output(const struct trial *t, int fd, struct outcome *o)
{
	ssize_t got;

	o->len = 0;
	o->bytes = malloc(2 * POOL_SIZE);
	need(o->bytes, "output");
	while (t->target == TO_PIPE &&
	       (got = read(fd, o->bytes + o->len, 65536)) > 0)
		o->len += got;
	close(fd);
}

static void run_trial(const struct trial *t, struct outcome *o)
{
	unsigned char *said;
	int ends[2];
	pid_t pid;

	need(!pipe(ends), "pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		become_command(t, t->target == TO_PIPE ? ends[1] : -1);
	}
	close(ends[1]);
	if (t->change != STAYS)
		change_file(t);
	if (t->signal) {
		usleep(t->delay);
		kill(pid, t->signal);
	}
	take_output(t, ends[0], o);
	need(waitpid(pid, &o->status, 0) == pid, "waitpid");
	read_file_into("said", &said);
	snprintf(o->said, sizeof(o->said), "%.1900s", said ? (char *)said : "");
	free(said);
}

/* Judging */

/* What the program is given of a file that ends at @end. */
static struct model_answer answer_to(const struct trial *t, size_t end)
{
	size_t from = t->write ? 0 : t->offset, len;

	if (from > end)
		from = end;
	len = end - from;
	if (t->has_length && t->length < len)
		len = t->length;
	/* A stream that is empty leaves the file alone. */
	if (t->write && !len)
		return (struct model_answer){ 0 };
	return model_answer(t->program, t->pool + from, len, from);
}

/* The answer lies in place, and around it what was there. */
static bool has_written(const struct trial *t, const struct model_answer *a)
{
	size_t old = t->target == TO_NEW ? 0 : strlen(OLD), size = old;
	unsigned char *bytes;
	bool same;

	if (a->len && size < t->offset + (size_t)a->len)
		size = t->offset + a->len;
	bytes = calloc(1, size + 1);
	need(bytes, "memory");
	memcpy(bytes, OLD, old);
	if (a->len)
		memcpy(bytes + t->offset, a->bytes, a->len);
	same = file_is("out", bytes, size);
	free(bytes);
	return same;
}

/* The file as the command left it, where it takes the answer at all. */
static bool has_answer(const struct trial *t, const struct outcome *o,
		       const struct model_answer *a)
{
	if (t->write)
		return has_written(t, a);
	if (t->target == TO_PIPE)
		return o->len == (size_t)a->len &&
		       (!o->len || !memcmp(o->bytes, a->bytes, o->len));
	if (t->target == TO_HARD_LINKED || t->target == TO_LINK)
		return file_is("other", a->bytes, a->len) &&
		       file_is("out", a->bytes, a->len);
	return file_is("out", a->bytes, a->len);
}

/* Nothing was changed that the command does not write to directly. */
static bool untouched(const struct trial *t)
{
	switch (t->target) {
	case TO_OLD:
		return file_is("out", OLD, strlen(OLD));
	case TO_LINK:
	case TO_HARD_LINKED:
		return file_is("out", OLD, strlen(OLD)) &&
		       file_is("other", OLD, strlen(OLD));
	case TO_NEW:
		return access("out", F_OK) != 0;
	default:
		return true;
	}
}

static int status_of(const struct outcome *o)
{
	return WIFEXITED(o->status) ? WEXITSTATUS(o->status) : -1;
}

/* One way in which it may have ended, if the file ended at @end. */
static bool fits(const struct trial *t, const struct outcome *o, size_t end)
{
	struct model_answer a = answer_to(t, end);

	if (status_of(o) == 0)
		return a.len >= 0 && (t->target == TO_FULL ? a.len == 0 :
				      has_answer(t, o, &a));
	if (status_of(o) == 4)
		return a.len < 0 && untouched(t);
	return false;
}

static bool fits_while_growing(const struct trial *t, const struct outcome *o)
{
	size_t end = t->size, n;

	while (!fits(t, o, end)) {
		if (end >= t->final)
			return false;
		n = t->step;
		if (n > 4096 - end % 4096)
			n = 4096 - end % 4096;
		end = n > t->final - end ? t->final : end + n;
	}
	return true;
}

/*
 * A file that is cut between two requests ends where the first of them did: at
 * a newline, or a multiple of the batch.
 */
static bool fits_while_shrinking(const struct trial *t,
				 const struct outcome *o)
{
	size_t record = t->program->record ?: 1, end;
	size_t batch = t->batch ? t->batch : 1 << 20;

	if (fits(t, o, t->final) || fits(t, o, t->size))
		return true;
	batch = batch < record ? record : batch - batch % record;
	for (end = t->final + 1; end < t->size; end++) {
		if (t->program->lines ? t->pool[end - 1] != '\n' :
		    end < (size_t)t->offset || (end - t->offset) % batch)
			continue;
		if (fits(t, o, end))
			return true;
	}
	return false;
}

/* Errors that are no matter of the program's. */
static bool refused_rightly(const struct trial *t, const struct outcome *o)
{
	const struct model_program *p = t->program;

	if (!untouched(t))
		return false;
	if (t->target == TO_INPUT)
		return status_of(o) == 2 && strstr(o->said, "the input");
	if (status_of(o) != 1)
		return false;
	if (!p->record && !p->lines && t->batch &&
	    strstr(o->said, "declares neither"))
		return true;
	if (t->target == TO_FULL)
		return strstr(o->said, "No space left");
	if (t->target == TO_STDOUT_FILE && t->closed == 1)
		return strstr(o->said, "Bad file descriptor");
	return t->change != STAYS && strstr(o->said, "became shorter");
}

/* It gave an answer, of the file as it was at some time. */
static bool fits_some(const struct trial *t, const struct outcome *o)
{
	switch (t->change) {
	case GROWS:
		return fits_while_growing(t, o);
	case SHRINKS:
		return fits_while_shrinking(t, o);
	default:
		return fits(t, o, t->size);
	}
}

/* What was killed has done all of it or nothing, but where it writes at once. */
static bool killed_rightly(const struct trial *t, const struct outcome *o)
{
	struct outcome complete = *o;

	complete.status = 0;
	if (!t->signal || WTERMSIG(o->status) != t->signal)
		return false;
	/* A file that cannot be replaced is copied into: lambda(1). */
	if (t->target == TO_HARD_LINKED && t->signal == SIGKILL)
		return true;
	return t->write || t->target == TO_PIPE ||
	       t->target == TO_STDOUT_FILE || untouched(t) || fits_some(t, &complete);
}

static bool right(const struct trial *t, const struct outcome *o)
{
	if (WIFSIGNALED(o->status)) {
		killed++;
		return killed_rightly(t, o);
	}
	complete += status_of(o) == 0;
	ended += status_of(o) == 4;
	if (status_of(o) && refused_rightly(t, o) && (t->closed == 2 ||
						      *o->said)) {
		refused++;
		return true;
	}
	/* Standard error is closed: what it says is lost. */
	if (t->closed == 2 && status_of(o) && untouched(t))
		return true;
	return t->target != TO_INPUT && fits_some(t, o);
}

static void tell(const struct trial *t, const struct outcome *o,
		 uint64_t seed)
{
	static const char *const targets[] = {
		"a pipe", "standard output", "a new file", "a file", "a link",
		"a hard link", "its input", "a full device",
	};
	char *const *arg;

	printf("# seed %#llx:", (unsigned long long)seed);
	for (arg = t->argv; *arg; arg++)
		printf(" %s", *arg);
	printf("\n# to %s; file of %zu bytes, then %zu; closed %d; signal %d: status %#x\n",
	       targets[t->target], t->size, t->final, t->closed, t->signal,
	       o->status);
	printf("# %.1000s\n", o->said);
}

static bool try_one(uint64_t seed)
{
	struct outcome o = { 0 };
	struct trial t;
	bool ok;

	model_seed(seed);
	trial_choose(&t);
	trial_make_files(&t);
	run_trial(&t, &o);
	ok = right(&t, &o);
	/* Only what cannot be caught leaves something behind. */
	if (trial_clean() && t.signal != SIGKILL)
		ok = false;
	if (!ok)
		tell(&t, &o, seed);
	free(o.bytes);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : RUNS, i;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) :
				   (uint64_t)time(NULL) << 20;
	char dir[4096];
	unsigned long wrong = 0;

	snprintf(dir, sizeof(dir), "%s/command-XXXXXX",
		 getenv("TMPDIR") ?: "/tmp");
	need(mkdtemp(dir) && !chdir(dir), dir);
	for (i = 0; i < runs && wrong < 10; i++)
		wrong += !try_one(seed + i);
	trial_clean();
	rmdir(dir);
	test_ok(!wrong, "%lu runs from seed %#llx", i,
		(unsigned long long)seed);
	printf("# %u gave an answer, %u were refused, %u ended badly, %u were killed\n",
	       complete, refused, ended, killed);
	test_ok(runs < RUNS || (complete && refused && ended && killed),
		"they ended in all ways");
	return test_done();
}
