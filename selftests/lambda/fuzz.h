/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of fuzz_test share. */
#ifndef LAMBDA_SELFTEST_FUZZ_H
#define LAMBDA_SELFTEST_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common.h"

#define PAGE		4096ul
/* Memory of a fuzzer that nobody else touches; beyond it nothing is mapped. */
#define STEADY		(64 * PAGE)
/* Pages that everybody maps, unmaps and protects as he likes. */
#define ARENA		(64 * PAGE)
/* Descriptors that everybody closes and replaces as he likes: files, λs. */
#define SLOT_BASE	100
#define SLOTS		24
#define LAMBDA_BASE	(SLOT_BASE + SLOTS)
#define LAMBDAS		8
#define THREADS		3

/* What λs of the pool do, so that it is known how they end. */
enum fuzz_kind {
	FUZZ_CTX,		/* copies its context to the output */
	FUZZ_ARGS,		/* its arguments */
	FUZZ_COPY,		/* its input */
	FUZZ_ERROR,		/* returns FUZZ_OWN_ERROR */
	FUZZ_PEEK,		/* reads where its arguments say */
	FUZZ_FILL,		/* fills as much as its arguments say */
	FUZZ_LOOP,		/* jumps back as often as its arguments say */
	FUZZ_KINDS,
	FUZZ_ANY = FUZZ_KINDS,	/* not known */
};

#define FUZZ_OWN_ERROR	(-42)

/* The system calls, for counting. */
enum fuzz_call { FUZZ_LOAD, FUZZ_PREAD, FUZZ_PWRITE, FUZZ_CALLS };

#define FUZZ_ERRNOS	134
#define FUZZ_WRONG	8

/* What became of it all, in memory that all processes share. */
struct fuzz_tally {
	atomic_ulong errnos[FUZZ_CALLS][FUZZ_ERRNOS];	/* 0: success */
	atomic_ulong ends[FUZZ_CALLS][LAMBDA_STATUS_NOT_RUN + 1];
	atomic_ulong sides[3];
	atomic_uint nr_wrong;
	char wrong[FUZZ_WRONG][240];
};

struct fuzz_handle {
	int fd;
	enum fuzz_kind kind;
};

/* One thread. */
struct fuzzer {
	__u64 random;
	struct fuzz_handle own[FUZZ_KINDS];	/* closed by nobody else */
	char *buf;				/* STEADY bytes */
	char *args;				/* likewise */
	char *io;				/* likewise */
};

extern struct fuzz_tally *tally;
/* The pool, loaded by root and inherited by all. */
extern struct fuzz_handle pool[FUZZ_KINDS];
/* Where handles are sent to, and received from. */
extern int handles_out, handles_in;
/* Shared by all processes, and private to each. */
extern char *shared_arena, *private_arena;

static inline __u64 fuzz_random(struct fuzzer *f)
{
	__u64 z = f->random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline __u64 below(struct fuzzer *f, __u64 n)
{
	return (fuzz_random(f) >> 16) % n;
}

static inline bool chance(struct fuzzer *f, unsigned int percent)
{
	return below(f, 100) < percent;
}

/* Something is not as documented. The first few are kept. */
void fuzz_wrong(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/* Counts what a call returned; an errno has to be among the documented. */
void fuzz_count(enum fuzz_call call, int error);

/* Mostly numbers near one that matters. */
__u64 fuzz_number(struct fuzzer *f, const __u64 *near, size_t nr);
/* Any address: in an arena, in the kernel, nowhere. */
void *fuzz_address(struct fuzzer *f);
/* Address space of which the first @len bytes are memory. */
char *fuzz_memory(size_t len, int flags);

/* fuzz_load.c: programs and handles */
void load_pool(void);
void load_something(struct fuzzer *f);

/* fuzz_world.c: what requests meet */
void make_world(void);
void fill_slots(struct fuzzer *f);
void disturb(struct fuzzer *f);

/* fuzz_request.c: one lambda_pread() or lambda_pwrite(), and its result */
void make_request(struct fuzzer *f);

#endif /* LAMBDA_SELFTEST_FUZZ_H */
