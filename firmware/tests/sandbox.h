/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a case on one of the engines and keeps everything that came of it. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "case.h"
#include "sbpf/sbpf.h"

enum sandbox_engine {
	SANDBOX_INTERPRETER,
	SANDBOX_COMPARE,
	SANDBOX_GUARDED,
	SANDBOX_SHOWN,		/* guarded, over memory that is elsewhere */
	SANDBOX_NAMES,
	/* those that there are on this processor */
	SANDBOX_ENGINES = SBPF_TRANSLATES ? SANDBOX_NAMES :
					    SANDBOX_INTERPRETER + 1,
};

extern const char * const sandbox_names[SANDBOX_NAMES];

/* As in struct sbpf_run. */
struct sandbox_limits {
	__u64 max_insns;
	__u64 max_helper_bytes;
	const int *stop;
};

/* @run without its pointers, and a sum over all writable memory. */
struct sandbox_result {
	bool refused;
	__u32 where;		/* refused */
	const char *why;
	struct sbpf_run run;
	__u64 memory;
	__u8 out[CASE_BYTES];	/* as much of the output as fits */
};

/**
 * sandbox_run - run a case
 * @c:      what to run; its expectations are not looked at
 * @engine: by what
 * @limits: what may end it besides
 * @result: out
 *
 * Quits the program when memory runs out or the case passes a limit.
 */
void sandbox_run(const struct sbpf_case *c, enum sandbox_engine engine,
		 const struct sandbox_limits *limits,
		 struct sandbox_result *result);

/**
 * sandbox_run_by - run a case by an engine that is none of these
 * @c:      what to run
 * @engine: runs a program in a window that the memory management unit guards:
 *          fills in how it ended, but not what was counted
 * @result: out
 */
void sandbox_run_by(const struct sbpf_case *c,
		    void (*engine)(struct sbpf_run *run,
				   const struct sbpf_shape *shape),
		    struct sandbox_result *result);

/* Whether two results are the same in everything; says where not. */
bool sandbox_same(const struct sandbox_result *a,
		  const struct sandbox_result *b);

#endif /* SANDBOX_H */
