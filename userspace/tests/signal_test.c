// SPDX-License-Identifier: GPL-2.0-only
/* What ends a verb ends it whatever it waits for, and leaves time to tidy up. */
#include <cli.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* Writes into a pipe that nobody reads until it is to end. */
static void write_on(int fd, bool early)
{
	static const char text[4096];

	if (early)
		raise(SIGTERM);
	while (write(fd, text, sizeof(text)) > 0)
		;
	_exit(cli_signals_interrupted() ? 42 : 1);
}

static void wait_on(bool early)
{
	if (early)
		raise(SIGTERM);
	if (cli_signals_wait_for(NULL, 0, NULL) != -EINTR)
		_exit(1);
	_exit(cli_signals_interrupted() ? 42 : 1);
}

/* Waits 10 seconds for the child to end. */
static int status_of(pid_t child)
{
	int status, i;

	for (i = 0; i < 1000; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   -WTERMSIG(status);
		usleep(10000);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return -1;
}

/* Sleeping, as its state in /proc has it: it waits in the kernel. */
static void until_asleep(pid_t child)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	while (state != 'S') {
		usleep(10000);
		file = fopen(path, "r");
		if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			exit(1);
		fclose(file);
	}
}

static void test_end(const char *name, int sign, bool writes)
{
	int fds[2], status;
	pid_t child;

	if (pipe(fds))
		exit(1);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		cli_signals_catch();
		if (writes)
			write_on(fds[1], !sign);
		wait_on(!sign);
	}
	if (sign) {
		until_asleep(child);
		kill(child, sign);
	}
	status = status_of(child);
	test_ok(status == 42, "%s, %s: %d", writes ? "writing" : "waiting",
		name, status);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	static const struct {
		const char *name;
		int sign;
	} signals[] = {
		{ "INT", SIGINT },
		{ "TERM", SIGTERM },
		{ "HUP", SIGHUP },
		{ "TERM before it begins", 0 },
	};
	size_t i;

	for (i = 0; i < 2 * sizeof(signals) / sizeof(*signals); i++)
		test_end(signals[i / 2].name, signals[i / 2].sign, i % 2);
	return test_done();
}
