/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_TIME_H
#define LAMBDA_TIME_H

#include <sys/types.h>

#define CLOCKS_PER_SEC 1000000L
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define TIME_UTC 1

typedef long clock_t;

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday,
		tm_yday, tm_isdst;
};

/* A λ is told no time: -1 says that there is none. */
time_t time(time_t *ret);
clock_t clock(void);
int clock_gettime(int clock, struct timespec *ret);
int timespec_get(struct timespec *ret, int base);
int nanosleep(const struct timespec *time, struct timespec *left);
void tzset(void);
double difftime(time_t end, time_t start);

/* The one time zone is UTC. */
struct tm *gmtime(const time_t *time);
struct tm *gmtime_r(const time_t *time, struct tm *tm);
struct tm *localtime(const time_t *time);
struct tm *localtime_r(const time_t *time, struct tm *tm);
time_t timegm(struct tm *tm);
time_t mktime(struct tm *tm);

size_t strftime(char *to, size_t size, const char *format,
		const struct tm *tm);
char *asctime(const struct tm *tm);
char *asctime_r(const struct tm *tm, char *text);	/* of 26 bytes */
char *ctime(const time_t *time);

#endif /* LAMBDA_TIME_H */
