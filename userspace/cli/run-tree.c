// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda run --recursive: over the regular files of folders, as grep -r does it.
 * What cannot be read is said, and the others are run over all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

static int run_tree_failed(const char *path, int err)
{
	return complain(EXIT_SYSTEM, "%s: %s", path, strerror(err));
}

/* Such that the next file fares no better. */
static bool run_tree_is_final(const struct run *run, int code)
{
	return run->put_err || (code && code != EXIT_SYSTEM &&
				code != EXIT_ENDED_BADLY);
}

static int run_tree_over(struct run *run, const char *path)
{
	int code;

	run->path = path;
	code = run_files_open_one(run);
	if (!code && run->file >= 0)
		code = run_read(run);
	if (run->file >= 0)
		close(run->file);
	run->file = -1;
	return code;
}

/* Returns an exit code, of a file or of what is no file. */
static int run_tree_visit(struct run *run, const FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_F:
		return run_tree_over(run, entry->fts_path);
	case FTS_DEFAULT:
		/* A device or a pipe is meant only if it was named. */
		return entry->fts_level ? 0 :
					  run_tree_over(run, entry->fts_path);
	case FTS_SLNONE:
		return run_tree_failed(entry->fts_path, ENOENT);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return run_tree_failed(entry->fts_path, entry->fts_errno);
	default:
		return 0;
	}
}

/* One order, whatever that of the folder is. */
static int run_tree_compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Goes through one that was named; links are followed there alone. */
static int run_tree_walk(struct run *run, const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
			     run_tree_compare);
	int code = 0;
	FTSENT *entry;

	if (!tree)
		return run_tree_failed(path, errno);
	while (!run_tree_is_final(run, code)) {
		errno = 0;
		entry = fts_read(tree);
		if (!entry)
			break;
		code = run_tree_visit(run, entry);
		if (code)
			run->failed = code;
	}
	if (!run_tree_is_final(run, code))
		code = errno ? run_tree_failed(path, errno) : 0;
	fts_close(tree);
	return code;
}

int run_tree(struct run *run)
{
	int code = 0;
	size_t i;

	for (i = 0; i < run->nr_paths && !run_tree_is_final(run, code); i++) {
		if (strcmp(run->paths[i], "-"))
			code = run_tree_walk(run, run->paths[i]);
		else
			code = run_tree_over(run, run->paths[i]);
		if (code)
			run->failed = code;
	}
	return run_tree_is_final(run, code) ? code : 0;
}
