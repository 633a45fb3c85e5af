/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes a case smaller as long as it still fails. */
#ifndef SHRINK_H
#define SHRINK_H

#include "sandbox.h"

/**
 * shrink_case - find a smaller case that fails
 * @c:     a failing case; replaced
 * @fails: says whether a case fails
 */
void shrink_case(struct sbpf_case *c, bool (*fails)(const struct sbpf_case *));

/**
 * write_case - write a case the way case_next() reads it
 * @file:   to write to
 * @c:      the case
 * @result: what is to be expected of it
 */
void write_case(FILE *file, const struct sbpf_case *c,
		const struct sandbox_result *result);

#endif /* SHRINK_H */
