/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Programs over lines that may be divided anywhere, in the middle of a line as
 * well: by the kernel between host and drive, and by whoever makes requests.
 *
 *	#include "lambda_lines.h"
 *
 *	LAMBDA_LINES_PROGRAM(long_lines)(struct lambda_ctx *ctx)
 *	{
 *		as a program that declares LAMBDA_LINES(): its input is whole
 *		lines, of which the last may lack its newline
 *	}
 *
 * Its outputs over neighbouring lines follow each other. Where they have to be
 * merged instead:
 *
 *	LAMBDA_LINES_MERGED(count_lines)(struct lambda_ctx *ctx) { … }
 *	LAMBDA_LINES_MERGE(count_lines)(struct lambda_ctx *ctx) { … }
 *
 * where the second is as LAMBDA_MERGE() has it.
 *
 * The function is called up to three times for a request, and for each line that
 * was cut: globals and heap are as the call before has left them, and the offset
 * is 0. It puts out what it returns and nothing behind that.
 *
 * A part of a file cannot know whether a line begins and ends where it does. So
 * it takes that for true, and says what it has assumed: the request's output is
 * a struct lambda_lines, and behind that, one after the other, the result; with
 * merges, the result of the lines in the middle; the bytes up to the first
 * newline; and those behind the last one. The merge program, which is made here,
 * puts lines together that were cut. What is left when all parts are merged is
 * the result: lambda_program__run() and the command put out that alone, and
 * lambda_lines_result() finds it for others.
 */
#ifndef LAMBDA_LINES_H
#define LAMBDA_LINES_H

#include "lambda_bpf.h"

/* Bytes of a line at most, its newline included; more fails with -E2BIG. */
#ifndef LAMBDA_LINE_MAX
#define LAMBDA_LINE_MAX	(256u << 20)
#endif

LAMBDA_RECORD(1);
LAMBDA_DIVIDED();

/**
 * struct lambda_lines - what an output begins with
 * @result:    bytes of the result, which follows
 * @middle_at: where behind this struct the result of the lines is that were
 *             there as a whole
 * @middle:    bytes of that; 0 if there were no such lines
 * @head:      bytes up to the first newline and with it, or all
 * @tail:      bytes behind the last newline; 0 if there is none
 * @newline:   whether there is one
 * @merged:    results are merged, they do not follow each other
 */
struct lambda_lines {
	__u64 result;
	__u64 middle_at;
	__u64 middle;
	__u64 head;
	__u64 tail;
	__u32 newline;
	__u32 merged;
};

/**
 * lambda_lines_result - the result in an output over whole lines
 * @out: the output
 * @len: bytes of it
 * @ret: out: bytes of the result
 *
 * Return: where the result begins; NULL: this is no such output.
 */
static inline const void *lambda_lines_result(const void *out, __u64 len,
					      __u64 *ret)
{
	struct lambda_lines lines;

	if (len < sizeof(lines))
		return NULL;
	memcpy(&lines, out, sizeof(lines));
	*ret = lines.result;
	return lines.result <= len - sizeof(lines) ?
		       (const char *)out + sizeof(lines) : NULL;
}

/* What follows is of the macros below. */

#define lambda_lines_inside static inline __attribute__((always_inline))

typedef int lambda_lines_fn(struct lambda_ctx *ctx);

/* A run: what a function is given, and room that is left for output. */
struct lambda_lines_run {
	struct lambda_ctx part;
	char *to, *limit;
};

/* Where in several outputs a walk is: in front of @next, of @part before that. */
struct lambda_lines_walk {
	const char *next, *end;
	struct lambda_lines part;
	const char *body;
};

lambda_lines_inside void lambda_lines_begin(struct lambda_lines_run *run,
					    const struct lambda_ctx *ctx)
{
	memcpy(&run->part, ctx, sizeof(*ctx));
	run->part.offset = 0;
	run->to = (char *)lambda_out(ctx) + sizeof(struct lambda_lines);
	run->limit = (char *)lambda_out(ctx) + ctx->out_cap;
}

/* Puts out what @fn has to say of some bytes. Returns how much, or an errno. */
lambda_lines_inside __s64 lambda_lines_call(struct lambda_lines_run *run,
					    lambda_lines_fn *fn, const char *in,
					    __u64 len)
{
	__u64 room = run->limit - run->to;
	__s64 ret;

	run->part.in = (unsigned long)in;
	run->part.in_len = len;
	run->part.out = (unsigned long)run->to;
	run->part.out_cap = room;
	ret = fn(&run->part);
	if (ret > 0 && (__u64)ret > room)
		return -EINVAL;
	if (ret > 0)
		run->to += ret;
	return ret;
}

lambda_lines_inside int lambda_lines_put(struct lambda_lines_run *run,
					 const char *from, __u64 len)
{
	if ((__u64)(run->limit - run->to) < len)
		return -ENOSPC;
	memcpy(run->to, from, len);
	run->to += len;
	return 0;
}

/* Leaves of the bytes from @to on those from @from on, and zeros behind. */
lambda_lines_inside void lambda_lines_move(struct lambda_lines_run *run,
					   char *to, const char *from)
{
	__u64 len = run->to - from, gone = from - to;

	memmove(to, from, len);
	memset(to + len, 0, gone);
	run->to = to + len;
}

/* Makes one result of those from @from on. Returns its bytes. */
lambda_lines_inside __s64 lambda_lines_reduce(struct lambda_lines_run *run,
					      lambda_lines_fn *merge,
					      char *from)
{
	char *to = run->to;
	__s64 ret = lambda_lines_call(run, merge, from, to - from);

	if (ret >= 0)
		lambda_lines_move(run, from, to);
	return ret;
}

/*
 * From @begin on there are the results of the head, @lines->middle bytes of the
 * middle, and of the tail: makes one of them, but keeps the middle.
 */
lambda_lines_inside __s64 lambda_lines_settle(struct lambda_lines_run *run,
					      lambda_lines_fn *merge,
					      struct lambda_lines *lines,
					      char *begin)
{
	char *middle = begin + lines->middle_at, *to = run->to;
	__s64 ret;

	lines->result = to - begin;
	if (!merge)
		return 0;
	lines->merged = 1;
	if (lines->middle_at == lines->result ||
	    lines->middle == lines->result)
		return 0;
	ret = lambda_lines_call(run, merge, begin, lines->result);
	if (ret < 0)
		return ret;
	lines->result = ret;
	lines->middle_at = ret;
	ret = lambda_lines_put(run, middle, lines->middle);
	if (!ret)
		lambda_lines_move(run, begin, to);
	return ret;
}

/* A request over any part of a file. */
lambda_lines_inside int lambda_lines_part(const struct lambda_ctx *ctx,
					  lambda_lines_fn *fn,
					  lambda_lines_fn *merge)
{
	const char *in = lambda_in(ctx), *end = in + ctx->in_len;
	const char *first = lambda_memchr(in, '\n', ctx->in_len);
	const char *middle = first ? first + 1 : end, *tail = end;
	struct lambda_lines lines = { 0 };
	struct lambda_lines_run run;
	char *begin;
	__s64 ret;

	if (ctx->out_cap < sizeof(lines))
		return -ENOSPC;
	lambda_lines_begin(&run, ctx);
	begin = run.to;
	lines.newline = !!first;
	while (first && tail[-1] != '\n')
		tail--;
	lines.head = middle - in;
	lines.tail = end - tail;
	if (lines.head > LAMBDA_LINE_MAX || lines.tail > LAMBDA_LINE_MAX)
		return -E2BIG;
	ret = lambda_lines_call(&run, fn, in, lines.head);
	lines.middle_at = ret;
	if (ret >= 0 && tail != middle) {
		ret = lambda_lines_call(&run, fn, middle, tail - middle);
		lines.middle = ret;
	}
	if (ret >= 0 && lines.tail)
		ret = lambda_lines_call(&run, fn, tail, lines.tail);
	if (ret >= 0)
		ret = lambda_lines_settle(&run, merge, &lines, begin);
	if (ret >= 0)
		ret = lambda_lines_put(&run, in, lines.head);
	if (ret >= 0)
		ret = lambda_lines_put(&run, tail, lines.tail);
	if (ret < 0)
		return ret;
	memcpy(lambda_out(ctx), &lines, sizeof(lines));
	return run.to - (char *)lambda_out(ctx);
}

/* Bytes of the results of an output. */
lambda_lines_inside __u64 lambda_lines_body(const struct lambda_lines *lines)
{
	__u64 middle = lines->middle_at + lines->middle;

	return lines->result > middle ? lines->result : middle;
}

/* Goes to the next output. Returns 1; 0: there is none; or an errno. */
lambda_lines_inside int lambda_lines_next(struct lambda_lines_walk *walk)
{
	__u64 left = walk->end - walk->next, body;
	struct lambda_lines *part = &walk->part;

	if (!left)
		return 0;
	if (left < sizeof(*part))
		return -EINVAL;
	memcpy(part, walk->next, sizeof(*part));
	left -= sizeof(*part);
	/* No sum of these is larger than a number. */
	if (part->result > left || part->middle_at > left ||
	    part->middle > left || part->head > left || part->tail > left)
		return -EINVAL;
	body = lambda_lines_body(part);
	if (body + part->head + part->tail > left)
		return -EINVAL;
	walk->body = walk->next + sizeof(*part);
	walk->next = walk->body + body + part->head + part->tail;
	return 1;
}

/*
 * Goes over a line: what is @behind the last newline of the output that the walk
 * is at, and on to the next newline, which may be some outputs further. Puts it
 * to @to, if that is not NULL. Returns how long it is, or an errno; @newline
 * tells whether it ends with one.
 */
lambda_lines_inside __s64 lambda_lines_gather(struct lambda_lines_walk *walk,
					      int behind, char *to,
					      int *newline)
{
	__u64 len = behind ? walk->part.tail : 0;
	int ret;

	if (to && len)
		memcpy(to, walk->next - len, len);
	*newline = 0;
	while (!*newline) {
		ret = lambda_lines_next(walk);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		if (to)
			memcpy(to + len, walk->next - walk->part.tail -
			       walk->part.head, walk->part.head);
		len += walk->part.head;
		*newline = walk->part.newline;
	}
	return len;
}

lambda_lines_inside __s64
lambda_lines_measure(const struct lambda_lines_walk *walk, int behind,
		     int *newline)
{
	struct lambda_lines_walk there;

	memcpy(&there, walk, sizeof(there));
	return lambda_lines_gather(&there, behind, NULL, newline);
}

/* Calls @fn for a line of @len bytes, which it puts together where room ends. */
lambda_lines_inside __s64 lambda_lines_line(struct lambda_lines_run *run,
					    lambda_lines_fn *fn,
					    struct lambda_lines_walk *walk,
					    int behind, __u64 len)
{
	char *line = run->limit - len;
	int newline;
	__s64 ret;

	if (len > LAMBDA_LINE_MAX)
		return -E2BIG;
	if (len > (__u64)(run->limit - run->to))
		return -ENOSPC;
	lambda_lines_gather(walk, behind, line, &newline);
	run->limit = line;
	ret = lambda_lines_call(run, fn, line, len);
	run->limit += len;
	memset(line, 0, len);
	return ret;
}

/* Puts a line out as it is. */
lambda_lines_inside __s64 lambda_lines_copy(struct lambda_lines_run *run,
					    struct lambda_lines_walk *walk,
					    int behind, __u64 len)
{
	int newline;

	if (len > (__u64)(run->limit - run->to))
		return -ENOSPC;
	lambda_lines_gather(walk, behind, run->to, &newline);
	run->to += len;
	return 0;
}

/*
 * The middle of several outputs: theirs, and the lines between two of them. What
 * is behind is left to the walk; its length is returned, or an errno.
 */
lambda_lines_inside __s64 lambda_lines_middle(struct lambda_lines_run *run,
					      lambda_lines_fn *fn,
					      lambda_lines_fn *merge,
					      struct lambda_lines_walk *walk)
{
	char *from = run->to;
	int newline = 1, results = 0;
	__s64 ret, len;

	for (;;) {
		ret = lambda_lines_put(run, walk->body + walk->part.middle_at,
				       walk->part.middle);
		if (ret < 0)
			return ret;
		results += walk->part.middle != 0;
		len = lambda_lines_measure(walk, 1, &newline);
		if (len < 0 || !newline)
			break;
		ret = lambda_lines_line(run, fn, walk, 1, len);
		if (ret < 0)
			return ret;
		results += ret != 0;
	}
	if (merge && results > 1)
		ret = lambda_lines_reduce(run, merge, from);
	return ret < 0 ? ret : len;
}

/* The outputs of neighbours, to that over all of them. */
lambda_lines_inside int lambda_lines_join(const struct lambda_ctx *ctx,
					  lambda_lines_fn *fn,
					  lambda_lines_fn *merge)
{
	struct lambda_lines_walk walk = {
		.next = lambda_in(ctx),
		.end = (const char *)lambda_in(ctx) + ctx->in_len,
	}, tail;
	struct lambda_lines lines = { 0 };
	struct lambda_lines_run run;
	char *begin, *middle;
	int newline;
	__s64 ret;

	if (ctx->out_cap < sizeof(lines))
		return -ENOSPC;
	lambda_lines_begin(&run, ctx);
	begin = run.to;
	ret = lambda_lines_measure(&walk, 0, &newline);
	if (ret < 0)
		return ret;
	lines.head = ret;
	lines.newline = newline;
	ret = lambda_lines_line(&run, fn, &walk, 0, lines.head);
	if (ret < 0)
		return ret;
	lines.middle_at = ret;
	middle = run.to;
	if (newline) {
		ret = lambda_lines_middle(&run, fn, merge, &walk);
		if (ret < 0)
			return ret;
		lines.tail = ret;
	}
	lines.middle = run.to - middle;
	memcpy(&tail, &walk, sizeof(tail));
	if (lines.tail)
		ret = lambda_lines_line(&run, fn, &walk, 1, lines.tail);
	if (ret >= 0)
		ret = lambda_lines_settle(&run, merge, &lines, begin);
	walk.next = lambda_in(ctx);
	if (ret >= 0)
		ret = lambda_lines_copy(&run, &walk, 0, lines.head);
	if (ret >= 0 && lines.tail)
		ret = lambda_lines_copy(&run, &tail, 1, lines.tail);
	if (ret < 0)
		return ret;
	memcpy(lambda_out(ctx), &lines, sizeof(lines));
	return run.to - (char *)lambda_out(ctx);
}

/* Once in the code, however often it is called. */
#define LAMBDA_LINES_FUNCTION static __attribute__((noinline)) int

#define LAMBDA_LINES_ENTRIES(name, merge)				\
	static int name##_lines(struct lambda_ctx *ctx);		\
	LAMBDA_PROGRAM(name)(struct lambda_ctx *ctx)			\
	{								\
		return lambda_lines_part(ctx, name##_lines, merge);	\
	}								\
	LAMBDA_MERGE(name)(struct lambda_ctx *ctx)			\
	{								\
		return lambda_lines_join(ctx, name##_lines, merge);	\
	}								\
	LAMBDA_WHOLE(name)(struct lambda_ctx *ctx)			\
	{								\
		return name##_lines(ctx);				\
	}								\
	LAMBDA_LINES_FUNCTION name##_lines

#define LAMBDA_LINES_PROGRAM(name) LAMBDA_LINES_ENTRIES(name, NULL)
#define LAMBDA_LINES_MERGED(name)					\
	static int name##_results(struct lambda_ctx *ctx);		\
	LAMBDA_MERGE(name##_whole)(struct lambda_ctx *ctx)		\
	{								\
		return name##_results(ctx);				\
	}								\
	LAMBDA_LINES_ENTRIES(name, name##_results)
#define LAMBDA_LINES_MERGE(name) LAMBDA_LINES_FUNCTION name##_results

#endif /* LAMBDA_LINES_H */
