/* SPDX-License-Identifier: GPL-2.0-only */
/* What the requests of a run did, added up. */
#ifndef LAMBDA_CLI_SUMMARY_H
#define LAMBDA_CLI_SUMMARY_H

#include <lambda.h>
#include <stdbool.h>

#define SUMMARY_SIDES	(LAMBDA_SIDE_BOTH + 1)
#define SUMMARY_REASONS	256

/**
 * struct summary - sums over requests that ended well
 * @requests:    how many ran a program
 * @in_bytes:    bytes of input
 * @out_bytes:   bytes of output of all requests
 * @answer_bytes: bytes of the answer that they are put together to
 * @budget_used: units of budget
 * @helper_bytes: bytes that helpers were charged for
 * @ns_media:    nanoseconds spent on the file
 * @ns_link:     nanoseconds on the link to a drive
 * @ns_compute:  nanoseconds in the program
 * @bytes_media: bytes read from or written to the file
 * @bytes_link:  bytes over the link to a drive
 * @ran:         requests by enum lambda_side and enum lambda_reason, of which
 *               newer kernels may know more
 * @unknown:     requests with a side or reason that is not in @ran
 */
struct summary {
	unsigned long long requests;
	unsigned long long in_bytes, out_bytes, answer_bytes;
	unsigned long long budget_used, helper_bytes;
	unsigned long long ns_media, ns_link, ns_compute;
	unsigned long long bytes_media, bytes_link;
	unsigned long long ran[SUMMARY_SIDES][SUMMARY_REASONS];
	unsigned long long unknown;
};

/* Adds a request; @out is what the call returned. */
void summary_add(struct summary *sum, const struct lambda_io *io,
		 unsigned long long out);

/* Says it all on the standard error; @seconds is how long it took. */
void summary_say(const struct summary *sum, double seconds);

/*
 * The same as one line of JSON on the standard error; @insns are those of this
 * process, @translated to machine code or not, if @local.
 */
void summary_json_say(const struct summary *sum, double seconds, bool local,
		      unsigned long long insns, bool translated);

/* Where a request ran, to follow on what it did; empty if it is not known. */
const char *summary_place(unsigned int side);

/* Why there, whatever number a kernel may have given. */
const char *summary_reason(unsigned int reason);

#endif /* LAMBDA_CLI_SUMMARY_H */
