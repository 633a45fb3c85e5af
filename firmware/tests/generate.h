/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random λ programs with structure: loops, branches, calls, memory. */
#ifndef GENERATE_H
#define GENERATE_H

#include "case.h"

/**
 * generate_case - make up a program and what it is given
 * @c:    out; it expects nothing
 * @seed: decides everything
 *
 * Most programs are accepted by the check and most of those end well. Some
 * fault, run out of budget or return nonsense, some are damaged so that the
 * check has something to refuse.
 */
void generate_case(struct sbpf_case *c, __u64 seed);

/* The generator's random numbers, for whoever else needs some. */
__u64 generate_random(__u64 *state);

#endif /* GENERATE_H */
