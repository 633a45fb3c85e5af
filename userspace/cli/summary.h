/* SPDX-License-Identifier: GPL-2.0-only */
/* What the requests of a run did, added up. */
#ifndef LAMBDA_CLI_SUMMARY_H
#define LAMBDA_CLI_SUMMARY_H

#include <lambda.h>

/**
 * struct summary - sums over requests that ended well
 * @requests:    how many ran a program
 * @in_bytes:    bytes of input
 * @out_bytes:   bytes of output
 * @ns_media:    nanoseconds spent on the file
 * @ns_link:     nanoseconds on the link to a drive
 * @ns_compute:  nanoseconds in the program
 * @bytes_media: bytes read from or written to the file
 * @bytes_link:  bytes over the link to a drive
 * @ran:         requests by enum lambda_side and enum lambda_reason
 * @unknown:     requests with a side or reason that is not in @ran
 */
struct summary {
	unsigned long long requests;
	unsigned long long in_bytes, out_bytes;
	unsigned long long ns_media, ns_link, ns_compute;
	unsigned long long bytes_media, bytes_link;
	unsigned long long ran[LAMBDA_SIDE_BOTH + 1][LAMBDA_REASON_GONE + 1];
	unsigned long long unknown;
};

/* Adds a request; @out is what the call returned. */
void summary_add(struct summary *sum, const struct lambda_io *io,
		 unsigned long long out);

/* Says it all on the standard error; @seconds is how long it took. */
void summary_say(const struct summary *sum, double seconds);

/* Where a request ran, to follow on what it did; empty if it is not known. */
const char *summary_place(unsigned int side);

/* Why there, whatever number a kernel may have given. */
const char *summary_reason(unsigned int reason);

#endif /* LAMBDA_CLI_SUMMARY_H */
