/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Input of a program in this process that is mapped from its file. */
#ifndef LAMBDA_MAPPED_H
#define LAMBDA_MAPPED_H

#include <lambda.h>
#include <platform/posix/sbpf_posix.h>

struct mapped_part;

/**
 * lambda_mapped_find - the mapping that has a part of a file
 * @maps:   where mappings are kept
 * @fd:     the file
 * @count:  bytes of the part
 * @offset: where in the file it begins
 *
 * Return: the mapping, until it is looked for the next one; NULL: the part has to be
 * copied.
 */
struct mapped_part *lambda_mapped_find(struct lambda_maps *maps, int fd,
				       size_t count, off_t offset);

/**
 * lambda_mapped_show - put what is mapped into a window
 * @maps:   where it is kept
 * @part:   as it was found
 * @at:     where in the window, in place of what is there
 * @count:  as it was looked for
 * @offset: likewise
 *
 * Return: 0; -1: the system does not do so, and there is nothing at @at.
 */
int lambda_mapped_show(struct lambda_maps *maps, struct mapped_part *part,
		       __u8 *at, size_t count, off_t offset);

/*
 * Takes it away, so that what is there is not accessible. If the run did not find
 * the @whole of it the mapping is given up.
 */
void lambda_mapped_hide(struct mapped_part *part, __u8 *at, size_t count,
			off_t offset, bool whole);

/*
 * sbpf_posix_run() over @count bytes that are shown. Returns whether it had all
 * that it looked at; if not, nothing of it counts.
 */
bool lambda_mapped_run(struct sbpf_run *run, size_t count);

#endif /* LAMBDA_MAPPED_H */
