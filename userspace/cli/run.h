/* SPDX-License-Identifier: GPL-2.0-only */
/* What lambda run is to do, and what it has done of it. */
#ifndef LAMBDA_CLI_RUN_H
#define LAMBDA_CLI_RUN_H

#include <argp.h>

#include "cli.h"
#include "local.h"
#include "summary.h"

/**
 * struct run - one command line
 * @loaded:   the program
 * @local:    its copy here, with @locally
 * @block:    arguments of each request
 * @path:     file to run over
 * @in_path:  where the input of @write comes from, or NULL
 * @out_path: where the output goes, or NULL
 * @offset:   byte of the file to begin at
 * @length:   bytes of input at most
 * @batch:    bytes of input of one request, 1 to SBPF_IN_MAX
 * @out_cap:  bytes of output of one request; negative until it is chosen
 * @repeat:   how often to do it all
 * @flags:    LAMBDA_IO_* of each request
 * @format:   enum format, or -1
 * @write:    run over the input and write to the file
 * @lines:    let a request end after a newline
 * @verbose:  say at the end what it took
 * @locally:  run here, not in the kernel
 * @file:     @path, opened
 * @in:       @in_path, opened
 * @sink:     where the output goes
 * @input:    buffer of a batch, with @write or @lines
 * @output:   buffer of @out_cap bytes, without @write
 * @sum:      what the requests did
 */
struct run {
	struct loaded loaded;
	struct local local;
	struct block block;
	const char *path;
	const char *in_path, *out_path;
	long long offset, length, batch, out_cap, repeat;
	unsigned int flags;
	int format;
	bool write, lines, verbose, locally;
	int file, in;
	struct sink sink;
	unsigned char *input;
	unsigned char *output;
	struct summary sum;
};

extern const struct argp run_argp;	/* options of a struct run */

#endif /* LAMBDA_CLI_RUN_H */
