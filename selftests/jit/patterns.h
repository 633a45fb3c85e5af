/* SPDX-License-Identifier: GPL-2.0-only */
/* Random λs of what the JIT has rules for. */
#ifndef LAMBDA_SELFTEST_PATTERNS_H
#define LAMBDA_SELFTEST_PATTERNS_H

#include "case.h"

/**
 * pattern_case - make up a program of what is translated together
 * @c:    out; it expects nothing
 * @seed: decides everything
 *
 * Numbers are in some registers, addresses in others, so that most accesses are
 * good; a few leave their segment, and a few loops their budget.
 */
void pattern_case(struct sbpf_case *c, __u64 seed);

#endif /* LAMBDA_SELFTEST_PATTERNS_H */
