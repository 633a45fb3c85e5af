/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_SIGNAL_H
#define LAMBDA_SIGNAL_H

/* A λ gets no signals: this is for declarations of others. */
typedef int sig_atomic_t;

#endif /* LAMBDA_SIGNAL_H */
