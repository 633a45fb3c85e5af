/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_TIME_H
#define LAMBDA_TIME_H

#include <sys/types.h>

/* A λ gets no time: these are for declarations of others. */
typedef long clock_t;

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday,
		tm_yday, tm_isdst;
};

#endif /* LAMBDA_TIME_H */
