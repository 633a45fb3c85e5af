// SPDX-License-Identifier: GPL-2.0-only
/*
 * ^Z and ^C at a terminal do to `lambda run` what they do to cat: it stops or
 * ends at once, goes on with the right answer, and leaves no half a file.
 */
#include <pty.h>
#include <sys/wait.h>

#include "harness.h"
#include "signals.h"

#define OBJECT	"/usr/lib/lambda/wordcount.bpf.o"
#define PROMPT	"ready> "
/* Most of a second of work, even for machines that are not emulated. */
#define SIZE	(512 * MIB)

/* A terminal, and all that stands on it. */
struct terminal {
	char shown[16384];
	size_t len, seen;		/* bytes of it, and those looked at */
	int fd;
};

FIXTURE(terminal) {
	struct terminal t;
	char dir[64];
	pid_t shell;
};

/* Waits until @text stands on the terminal, behind what was waited for before. */
static double until_shown(struct terminal *t, const char *text)
{
	const double from = now();
	struct timeval tenth;
	char *where;
	ssize_t got;
	fd_set set;

	while (now() < from + 60) {
		t->shown[t->len] = 0;
		where = strstr(t->shown + t->seen, text);
		if (where) {
			t->seen = where - t->shown + strlen(text);
			return now() - from;
		}
		FD_ZERO(&set);
		FD_SET(t->fd, &set);
		tenth = (struct timeval) { 0, 100000 };
		if (select(t->fd + 1, &set, NULL, NULL, &tenth) < 1)
			continue;
		got = read(t->fd, t->shown + t->len,
			   sizeof(t->shown) - 1 - t->len);
		if (got <= 0)
			break;
		t->len += got;
	}
	fprintf(stderr, "# '%s' is not shown:\n# %s\n", text, t->shown);
	return NEVER;
}

static void type(struct terminal *t, const char *text)
{
	write(t->fd, text, strlen(text));
}

/* Types a command. Return: whether its status is 0. */
static bool command(struct terminal *t, const char *text)
{
	type(t, text);
	type(t, "\n");
	if (until_shown(t, PROMPT) == NEVER)
		return false;
	type(t, "echo status: $?\n");
	return until_shown(t, "\nstatus: 0") < NEVER &&
	       until_shown(t, PROMPT) < NEVER;
}

FIXTURE_SETUP(terminal)
{
	const char *base = getenv("LAMBDA_TEST_DIR") ?: "/tmp";
	char path[128];
	int fd;

	if (access(OBJECT, R_OK))
		SKIP(return, "the lambda command is not installed");
	snprintf(self->dir, sizeof(self->dir), "%.40s/terminal-XXXXXX", base);
	ASSERT_NE(NULL, mkdtemp(self->dir));
	snprintf(path, sizeof(path), "%s/input", self->dir);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	ASSERT_LE(0, fd);
	ASSERT_EQ(11, pwrite(fd, "some words\n", 11, SIZE - 11));
	close(fd);

	self->shell = forkpty(&self->t.fd, NULL, NULL, NULL);
	ASSERT_LE(0, self->shell);
	if (!self->shell) {
		setenv("PS1", PROMPT, 1);
		setenv("PATH", "/bin:/usr/bin", 1);
		chdir(self->dir);
		execlp("bash", "bash", "--norc", "--noprofile", "--noediting",
		       "-i", NULL);
		_exit(1);
	}
	ASSERT_GT(NEVER, until_shown(&self->t, PROMPT));
}

FIXTURE_TEARDOWN(terminal)
{
	char text[128];

	close(self->t.fd);
	kill(self->shell, SIGKILL);
	waitpid(self->shell, NULL, 0);
	snprintf(text, sizeof(text), "rm -rf %s", self->dir);
	system(text);
}

/* In one request. */
#define RUN	"lambda run --side=host --batch=512M --print=u64 --out=output " \
		OBJECT " input"

/* Hundredths of a second that what is in the foreground spent in the kernel. */
static unsigned long kernel_time(struct terminal *t)
{
	unsigned long ticks = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tcgetpgrp(t->fd));
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (lambda) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %lu",
		   &ticks) != 1)
		ticks = 0;
	fclose(file);
	return ticks;
}

/* Types what begins a run, and lets it get well into its request. */
static void begin(struct terminal *t)
{
	type(t, RUN "\n");
	until_shown(t, "input");
	UNTIL(kernel_time(t) > 20);
}

#define EXPECT_SOON(text) do {						\
	double _late = until_shown(&self->t, text);				\
									\
	TH_LOG("after %.1f ms", _late * 1e3);				\
	EXPECT_GT(soon(), _late);					\
} while (0)

TEST_F(terminal, stops_and_goes_on)
{
	ASSERT_TRUE(command(&self->t, RUN));
	ASSERT_TRUE(command(&self->t, "mv output expected"));
	begin(&self->t);
	type(&self->t, "\x1a");
	EXPECT_SOON("Stopped");
	EXPECT_GT(NEVER, until_shown(&self->t, PROMPT));
	EXPECT_TRUE(command(&self->t, "test ! -e output"));
	EXPECT_TRUE(command(&self->t, "fg"));
	EXPECT_TRUE(command(&self->t, "cmp output expected"));
}

TEST_F(terminal, ends)
{
	ASSERT_TRUE(command(&self->t, "echo as it was >output"));
	begin(&self->t);
	type(&self->t, "\x03");
	EXPECT_SOON(PROMPT);
	type(&self->t, "echo status: $?\n");
	EXPECT_GT(NEVER, until_shown(&self->t, "\nstatus: 130"));
	EXPECT_GT(NEVER, until_shown(&self->t, PROMPT));
	EXPECT_TRUE(command(&self->t, "test \"$(cat output)\" = 'as it was'"));
	EXPECT_TRUE(command(&self->t, "test \"$(echo *)\" = 'input output'"));
}

TEST_HARNESS_MAIN
