// SPDX-License-Identifier: GPL-2.0-only
/* The front end: clang, which makes bitcode of C. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cc.h"

#define CRASHED 128	/* a status of at least that much is a signal */

/*
 * From version 16 on the front end puts the bytes of an argument of up to 16
 * among variable arguments, but of a struct it takes them for its address. All
 * others are left to it; within its own macro the name is the front end's.
 */
#define NEXT_ARGUMENT							\
	"-D__builtin_va_arg(list, type)="				\
	"__builtin_choose_expr(__clang_major__ >= 16 && sizeof(type) <= 16, *({ " \
	"__builtin_va_list *lambda_list = &(list); "			\
	"void *lambda_next = *lambda_list; "				\
	"*lambda_list = (char *)lambda_next + (sizeof(type) + 7) / 8 * 8; " \
	"(__typeof__(type) *)lambda_next; }), __builtin_va_arg(list, type))"

/* What a front end that crashes may do without, one after the other. */
static const struct {
	const char *option;
	const char *what;
} describes_less[] = {
	{ "-gline-tables-only", "types" },
	{ "-g0", "places in the source" },
};

#define NR_LESS (sizeof(describes_less) / sizeof(*describes_less))

static char *folder;
static unsigned int nr_files;

const char *cc_front_prefix(void)
{
	static char prefix[PATH_MAX];
	ssize_t length;
	char *slash;
	int i;

	if (*prefix)
		return prefix;
	length = readlink("/proc/self/exe", prefix, sizeof(prefix) - 1);
	if (length < 0)
		cc_die("/proc/self/exe: %s", strerror(errno));
	prefix[length] = '\0';
	/* The command is in bin. */
	for (i = 0; i < 2; i++) {
		slash = strrchr(prefix, '/');
		if (slash)
			*slash = '\0';
	}
	return prefix;
}

static void front_remove_folder(void)
{
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < nr_files; i++) {
		snprintf(path, sizeof(path), "%s/%u.bc", folder, i);
		unlink(path);
	}
	rmdir(folder);
}

static char *front_new_path(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path;

	if (!folder) {
		if (asprintf(&folder, "%s/lambda-cc.XXXXXX", tmp ?: "/tmp") < 0)
			cc_die("out of memory");
		if (!mkdtemp(folder))
			cc_die("%s: %s", folder, strerror(errno));
		atexit(front_remove_folder);
	}
	if (asprintf(&path, "%s/%u.bc", folder, nr_files++) < 0)
		cc_die("out of memory");
	return path;
}

static bool front_in_path(const char *name)
{
	const char *from = getenv("PATH");
	char path[PATH_MAX];
	int length;

	for (; from && *from; from += length + (from[length] == ':')) {
		length = strchrnul(from, ':') - from;
		snprintf(path, sizeof(path), "%.*s/%s", length, from, name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

const char *cc_front_clang(void)
{
	static char name[16];
	int version;

	for (version = LLVM_VERSION_MAJOR; version >= 14; version--) {
		snprintf(name, sizeof(name), "clang-%d", version);
		if (front_in_path(name))
			return name;
	}
	return "clang";
}

/* The version of a front end, as it tells itself. */
static int front_version_of(const char *clang)
{
	char *command, text[64] = "";
	FILE *pipe;

	if (strchr(clang, '\'') ||
	    asprintf(&command, "exec '%s' -dumpversion", clang) < 0)
		cc_die("%s: no name of a front end", clang);
	pipe = popen(command, "re");
	if (!pipe || !fgets(text, sizeof(text), pipe))
		cc_die("%s: does not tell its version: install clang, or name one with --clang=",
		       clang);
	pclose(pipe);
	free(command);
	return atoi(text);
}

void cc_front_choose_back_end(const char *clang, char **argv)
{
	int version = front_version_of(clang), other;
	char path[PATH_MAX + 32];

	if (version <= LLVM_VERSION_MAJOR)
		return;
	for (other = version; other < version + 8; other++) {
		snprintf(path, sizeof(path), "%s/bin/lambda-cc-%d",
			 cc_front_prefix(), other);
		execv(path, argv);
	}
	cc_die("%s is newer than LLVM %d here: use --clang=clang-%d, or build with llvm-%d-dev",
	       clang, LLVM_VERSION_MAJOR, LLVM_VERSION_MAJOR, version);
}

/* Runs a command, and returns its status, of a shell's kind. */
static int front_run(const char *const *command, bool verbose)
{
	int status, err;
	pid_t pid;

	if (verbose) {
		size_t i;

		for (i = 0; command[i]; i++)
			fprintf(stderr, "%s%s", i ? " " : "", command[i]);
		fputc('\n', stderr);
	}
	err = posix_spawnp(&pid, command[0], NULL, NULL,
			   (char *const *)command, environ);
	if (err)
		cc_die("%s: %s; install clang, or name one with --clang=",
		       command[0], strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			cc_die("%s: %s", command[0], strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   CRASHED + WTERMSIG(status);
}

void cc_front_end_to(const struct cc_options *options, const char *file,
		     const char *output)
{
	char libc[PATH_MAX + 32], own[PATH_MAX + 32];
	const char *const before[] = {
		options->clang, "-target", "bpf", "-nostdlibinc",
		"-isystem", libc, "-isystem", own,
		/*
		 * Places and some types are kept. Of a later DWARF, clang
		 * describes where calls are as well, and some versions fail at
		 * that where the target is BPF.
		 */
		"-g", "-gdwarf-3", "-fno-crash-diagnostics",
		"-fno-builtin", "-ffp-contract=off",
		"-D__thread=", "-D_Thread_local=", NEXT_ARGUMENT,
		/* What is not there is told when it is needed. */
		"-Wno-error=implicit-function-declaration",
	};
	const char *const after[] = {
		"-O2", "-Xclang", "-disable-llvm-passes", "-emit-llvm", "-c",
		"-o", output, file, NULL, NULL,
	};
	size_t count = 0, i, less;
	const char **command;
	int status;

	while (options->flags[count])
		count++;
	snprintf(libc, sizeof(libc), "%s/include/lambda/libc",
		 cc_front_prefix());
	snprintf(own, sizeof(own), "%s/include/lambda", cc_front_prefix());
	command = calloc(count + 32, sizeof(*command));
	if (!command)
		cc_die("out of memory");
	memcpy(command, before, sizeof(before));
	i = sizeof(before) / sizeof(*before);
	memcpy(command + i, options->flags, count * sizeof(*command));
	memcpy(command + i + count, after, sizeof(after));
	while (command[i])
		i++;
	status = front_run(command, options->verbose);
	for (less = 0; status >= CRASHED && less < NR_LESS; less++) {
		fprintf(stderr,
			"lambda cc: %s: %s crashed; without %s it may not\n",
			file, options->clang, describes_less[less].what);
		command[i] = describes_less[less].option;
		status = front_run(command, options->verbose);
	}
	if (status)
		cc_die("%s: not compiled", file);
	free(command);
}

char *cc_front_end(const struct cc_options *options, const char *file)
{
	char *path = front_new_path();

	cc_front_end_to(options, file, path);
	return path;
}
