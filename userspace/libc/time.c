// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Dates of the Gregorian calendar, and their text. There is one time zone, UTC,
 * and one locale, C.
 *
 * A year is taken to begin in March, so that its 29th of February is its last
 * day; 400 of them have the same number of days, and are called an era.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#define DAY 86400L
#define ERA_DAYS 146097L /* of 400 years */
#define ERA_TO_EPOCH 719468L /* days from the 1st of March 0000 to 1970 */

static const char time_days[7][10] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday",
};

static const char time_months[12][10] = {
	"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December",
};

static long time_floor(long n, long by)
{
	return n / by - (n % by < 0);
}

/* Days from the epoch to the 1st of a month, which counts from 0, to 11. */
static long time_days_to(long year, int month)
{
	long era, of_era, march = (month + 10) % 12;

	year -= month < 2;
	era = time_floor(year, 400);
	of_era = year - era * 400;
	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	       (march * 153 + 2) / 5 - ERA_TO_EPOCH;
}

/* Sets year, month and the days of @tm. Returns whether its year has room. */
static int time_set_date(struct tm *tm, long days)
{
	long era = time_floor(days + ERA_TO_EPOCH, ERA_DAYS);
	long of_era = days + ERA_TO_EPOCH - era * ERA_DAYS;
	/* Every 4 years but 100, and every 400, have a day more. */
	long year = (of_era - of_era / 1460 + of_era / 36524 -
		     of_era / 146096) / 365;
	long of_year = of_era - (year * 365 + year / 4 - year / 100);
	long march = (of_year * 5 + 2) / 153;

	tm->tm_mday = of_year - (march * 153 + 2) / 5 + 1;
	tm->tm_mon = (march + 2) % 12;
	year += era * 400 + (tm->tm_mon < 2);
	tm->tm_wday = days + 4 - time_floor(days + 4, 7) * 7;
	tm->tm_yday = days - time_days_to(year, 0);
	tm->tm_year = year - 1900;
	return year - 1900 >= INT_MIN && year - 1900 <= INT_MAX;
}

struct tm *gmtime_r(const time_t *time, struct tm *tm)
{
	long days = time_floor(*time, DAY), rest = *time - days * DAY;

	tm->tm_hour = rest / 3600;
	tm->tm_min = rest / 60 % 60;
	tm->tm_sec = rest % 60;
	tm->tm_isdst = 0;
	if (time_set_date(tm, days))
		return tm;
	errno = EOVERFLOW;
	return NULL;
}

struct tm *gmtime(const time_t *time)
{
	static struct tm tm;

	return gmtime_r(time, &tm);
}

struct tm *localtime_r(const time_t *time, struct tm *tm)
{
	return gmtime_r(time, tm);
}

struct tm *localtime(const time_t *time)
{
	return gmtime(time);
}

time_t timegm(struct tm *tm)
{
	long years = time_floor(tm->tm_mon, 12);
	long days = time_days_to(1900L + tm->tm_year + years,
				 tm->tm_mon - years * 12) + tm->tm_mday - 1L;
	time_t time = days * DAY + tm->tm_hour * 3600L + tm->tm_min * 60L +
		      tm->tm_sec;

	return gmtime_r(&time, tm) ? time : -1;
}

time_t mktime(struct tm *tm)
{
	return timegm(tm);
}

/**
 * struct text - what strftime() writes
 * @to:   where the next character goes
 * @left: room for more, and for a zero
 * @full: there was too little
 */
struct text {
	char *to;
	size_t left;
	int full;
};

static void time_put(struct text *text, const char *from, size_t len)
{
	if (len >= text->left) {
		text->full = 1;
		return;
	}
	memcpy(text->to, from, len);
	text->to += len;
	text->left -= len;
}

static void time_put_number(struct text *text, long n, int width, char fill)
{
	char digits[24];
	size_t at = sizeof(digits);
	unsigned long left = n < 0 ? -(unsigned long)n : (unsigned long)n;

	for (; left || at == sizeof(digits); left /= 10)
		digits[--at] = '0' + left % 10;
	while (sizeof(digits) - at < (size_t)(width - (n < 0)))
		digits[--at] = fill;
	if (n < 0)
		digits[--at] = '-';
	time_put(text, digits + at, sizeof(digits) - at);
}

/* The week of ISO 8601, whose year is @year: one that has a Thursday in it. */
static int time_week(const struct tm *tm, long *year)
{
	int monday = (tm->tm_wday + 6) % 7, thursday = tm->tm_yday - monday + 3;
	long days = time_days_to(1900L + tm->tm_year, 0);

	*year = 1900L + tm->tm_year;
	if (thursday < 0)
		thursday += days - time_days_to(--*year, 0);
	else if (thursday >= time_days_to(*year + 1, 0) - days)
		thursday -= time_days_to(++*year, 0) - days;
	return thursday / 7 + 1;
}

static const char *time_name(const char names[][10], int i, int count)
{
	return i >= 0 && i < count ? names[i] : "?";
}

static void time_put_name(struct text *text, const char *name, int is_short)
{
	size_t len = strlen(name);

	time_put(text, name, is_short && len > 3 ? 3 : len);
}

/* What others are short for, of which none is. */
static const char *time_long_form(char kind)
{
	switch (kind) {
	case 'c':
		return "%a %b %e %H:%M:%S %Y";
	case 'D': case 'x':
		return "%m/%d/%y";
	case 'F':
		return "%Y-%m-%d";
	case 'r':
		return "%I:%M:%S %p";
	case 'R':
		return "%H:%M";
	case 'T': case 'X':
		return "%H:%M:%S";
	case 'n':
		return "\n";
	case 't':
		return "\t";
	case 'z':
		return "+0000";
	case 'Z':
		return "GMT";
	default:
		return NULL;
	}
}

static long time_number_of(char kind, const struct tm *tm)
{
	struct tm copy = *tm;
	long year = 1900L + tm->tm_year, of_week;
	int week = time_week(tm, &of_week), monday = (tm->tm_wday + 6) % 7;

	switch (kind) {
	case 'd': case 'e':
		return tm->tm_mday;
	case 'H': case 'k':
		return tm->tm_hour;
	case 'I': case 'l':
		return tm->tm_hour % 12 ? tm->tm_hour % 12 : 12;
	case 'j':
		return tm->tm_yday + 1;
	case 'm':
		return tm->tm_mon + 1;
	case 'M':
		return tm->tm_min;
	case 's':
		return timegm(&copy);
	case 'S':
		return tm->tm_sec;
	case 'u':
		return monday + 1;
	case 'U':
		return (tm->tm_yday + 7 - tm->tm_wday) / 7;
	case 'w':
		return tm->tm_wday;
	case 'W':
		return (tm->tm_yday + 7 - monday) / 7;
	case 'V':
		return week;
	case 'C':
		return time_floor(year, 100);
	case 'g':
		return of_week - time_floor(of_week, 100) * 100;
	case 'G':
		return of_week;
	case 'y':
		return year - time_floor(year, 100) * 100;
	default:
		return year;
	}
}

static int time_width_of(char kind)
{
	return strchr("GsuwY", kind) ? 1 : kind == 'j' ? 3 : 2;
}

static void time_put_conversion(struct text *text, char kind,
				const struct tm *tm)
{
	const char unknown[2] = { '%', kind };

	if (kind == 'a' || kind == 'A')
		time_put_name(text, time_name(time_days, tm->tm_wday, 7),
			      kind == 'a');
	else if (kind == 'b' || kind == 'h' || kind == 'B')
		time_put_name(text, time_name(time_months, tm->tm_mon, 12),
			      kind != 'B');
	else if (kind == 'p')
		time_put(text, tm->tm_hour < 12 ? "AM" : "PM", 2);
	else if (kind == 'P')
		time_put(text, tm->tm_hour < 12 ? "am" : "pm", 2);
	else if (strchr("deHIjklmMsSuUwWVCgGyY", kind))
		time_put_number(text, time_number_of(kind, tm),
				time_width_of(kind),
				strchr("ekl", kind) ? ' ' : '0');
	else
		time_put(text, unknown + (kind == '%'), 2 - (kind == '%'));
}

static void time_put_form(struct text *text, const char *form,
			  const struct tm *tm)
{
	for (; *form; form++) {
		if (*form == '%')
			time_put_conversion(text, *++form, tm);
		else
			time_put(text, form, 1);
	}
}

size_t strftime(char *to, size_t size, const char *format, const struct tm *tm)
{
	struct text text = { .to = to, .left = size };

	for (; *format; format++) {
		const char *form, *start = format;

		if (*format != '%') {
			time_put(&text, format, 1);
			continue;
		}
		format++;
		/* Another locale's digits and eras, which C does not have. */
		if (*format == 'E' || *format == 'O')
			format++;
		if (!*format) {
			time_put(&text, start, format - start);
			break;
		}
		form = time_long_form(*format);
		if (form)
			time_put_form(&text, form, tm);
		else
			time_put_conversion(&text, *format, tm);
	}
	if (text.full || !text.left)
		return 0;
	*text.to = '\0';
	return text.to - to;
}

char *asctime_r(const struct tm *tm, char *text)
{
	if (strftime(text, 26, "%a %b %e %H:%M:%S %Y\n", tm))
		return text;
	errno = EOVERFLOW;
	return NULL;
}

char *asctime(const struct tm *tm)
{
	static char text[26];

	return asctime_r(tm, text);
}

char *ctime(const time_t *time)
{
	struct tm tm;

	return gmtime_r(time, &tm) ? asctime(&tm) : NULL;
}
