/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_SYS_TIME_H
#define LAMBDA_SYS_TIME_H

#include <sys/types.h>
#include <time.h>

struct timeval {
	time_t tv_sec;
	long tv_usec;
};

struct timezone {
	int tz_minuteswest, tz_dsttime;
};

/* Has no way to fail, so a λ is always told 0. */
int gettimeofday(struct timeval *ret, void *zone);

#endif /* LAMBDA_SYS_TIME_H */
