// SPDX-License-Identifier: GPL-2.0-only
/* time.h, as far as no clock is asked, and texts of errors. */
#define _GNU_SOURCE
#include "native.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const forms[] = {
	"%a %A %b %B %c %C %d %D %e %F %g %G", "%h %H %I %j %k %l %m %M %n%p %P",
	"%r %R %s %S %t %T %u %U %V %w %W", "%x %X %y %Y %z %Z %% %Ey %Od %E",
	"%Q", "no form", "",
};

static void put_text(const char *s)
{
	for (; *s; s++)
		put(s, 1);
}

static void put_date(const struct tm *tm)
{
	char text[256];
	size_t i;

	put64(tm->tm_year);
	put64(tm->tm_mon * 100 + tm->tm_mday);
	put64(tm->tm_hour * 10000 + tm->tm_min * 100 + tm->tm_sec);
	put64(tm->tm_wday * 1000 + tm->tm_yday);
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		size_t len = strftime(text, sizeof(text), forms[i], tm);

		put64(len);
		if (len)
			put_text(text);
	}
	if (tm->tm_year >= -900 && tm->tm_year <= 8099)
		put_text(asctime(tm));
}

static void put_time(time_t time)
{
	struct tm tm = { 0 };

	if (!gmtime_r(&time, &tm)) {
		put64(errno);
		return;
	}
	put64(timegm(&tm) - time);
	put_date(&tm);
}

static void program(const unsigned char *in, size_t len)
{
	static const time_t times[] = {
		0, -1, 86399, 86400, 951782400, 951868799, 951868800, 4107542399,
		-30610224000, 253402300800, 67768036191676800,
		INT64_MAX, INT64_MIN + 1,
	};
	struct tm far = { .tm_year = 100, .tm_mon = -25, .tm_mday = 400,
			  .tm_hour = -50, .tm_min = 1000, .tm_sec = -99999 };
	unsigned int i, seed = 1;
	char small[4];

	for (i = 0; i < sizeof(times) / sizeof(*times); i++)
		put_time(times[i]);
	for (i = 0; i < 20; i++) {
		seed = seed * 1103515245 + in[i % len];
		put_time((int)seed * 10L);
	}
	/* Around each new year, where weeks have another year's number. */
	for (i = 0; i < 30; i++)
		put_time(i * 31556952L + i % 3 * 86400);
	put64(timegm(&far));
	put_date(&far);
	put64(strftime(small, sizeof(small), "%Y", &far));
	for (i = 0; i < 35; i++)
		put_text(strerror(i));
	put_text(strerror(12345));
	put_text(strerror(-7));
}
