// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Numbers of text: strtol() and strtod() with their kin.
 *
 * A decimal number becomes one of 64 bits first, with an error that is known.
 * Only if the double that it rounds to is not certain by that, whole numbers
 * of all its digits are compared.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "big.h"
#include "float.h"

#define DIGITS_MAX 800		/* what follows can only decide a tie */
#define ERROR_MAX 48u		/* of all products, in units of the last bit */
#define SIGN (1ull << 63)
#define INFINITE (0x7ffull << 52)

/* m * 2^e, with the top bit of m set. */
struct wide {
	uint64_t m;
	int e;
};

/* Ten to the 1, 2, 4 and so on up to 256, and to the same below zero. */
static const struct wide powers[2][9] = { {
	{ 0xa000000000000000ull, -60 },
	{ 0xc800000000000000ull, -57 },
	{ 0x9c40000000000000ull, -50 },
	{ 0xbebc200000000000ull, -37 },
	{ 0x8e1bc9bf04000000ull, -10 },
	{ 0x9dc5ada82b70b59eull, 43 },
	{ 0xc2781f49ffcfa6d5ull, 149 },
	{ 0x93ba47c980e98ce0ull, 362 },
	{ 0xaa7eebfb9df9de8eull, 787 },
}, {
	{ 0xcccccccccccccccdull, -67 },
	{ 0xa3d70a3d70a3d70aull, -70 },
	{ 0xd1b71758e219652cull, -77 },
	{ 0xabcc77118461cefdull, -90 },
	{ 0xe69594bec44de15bull, -117 },
	{ 0xcfb11ead453994baull, -170 },
	{ 0xa87fea27a539e9a5ull, -276 },
	{ 0xddd0467c64bce4a1ull, -489 },
	{ 0xc0314325637a193aull, -914 },
} };

static struct wide strtod_normal(uint64_t m, int e)
{
	int zeros = __builtin_clzll(m);

	return (struct wide) { m << zeros, e - zeros };
}

static struct wide strtod_times_ten(struct wide n, int power)
{
	const struct wide *table = powers[power < 0];
	unsigned int left = power < 0 ? -power : power, i;

	for (i = 0; i < 9; i++)
		if (left >> i & 1)
			n = strtod_normal(lambda_multiply_high(n.m, table[i].m),
					  n.e + table[i].e + 64);
	return n;
}

/* A decimal number as it was read: digits * 10^power. */
struct decimal {
	const char *digits;
	unsigned int count;
	int power;
};

/* Is the number above (m + 1/2) * 2^e, below it (-1), or just that? */
static int strtod_compare_half(const struct decimal *d, uint64_t m, int e)
{
	struct big number = { 0 }, half;
	const char *s = d->digits;
	unsigned int left = d->count;

	for (; left; s++) {
		if (*s == '.')
			continue;
		big_multiply(&number, 10, *s - '0');
		left--;
	}
	big_set(&half, 2 * m + 1);
	e--;
	if (d->power > 0)
		big_multiply_ten(&number, d->power);
	else
		big_multiply_ten(&half, -d->power);
	if (e > 0)
		big_shift(&half, e);
	else
		big_shift(&number, -e);
	return big_compare(&number, &half);
}

/* The bits of the double that is nearest. */
static uint64_t strtod_round_decimal(const struct decimal *d, struct wide n)
{
	/* Of a number below the normal ones, less is kept. */
	int drop = n.e + 11 < -1074 ? -1074 - n.e : 11, above;
	uint64_t kept, low, half;

	if (drop > 64)
		return 0;
	if (n.e + 63 > 1023)
		return INFINITE;
	half = 1ull << (drop - 1);
	low = drop == 64 ? n.m : n.m & (2 * half - 1);
	kept = drop == 64 ? 0 : n.m >> drop;
	above = low > half;
	if (low - half + ERROR_MAX <= 2 * ERROR_MAX) {
		int order = strtod_compare_half(d, kept, n.e + drop);

		above = order > 0 || (!order && kept & 1);
	}
	kept += above;
	if (n.e + drop == -1074)
		return kept;	/* a carry makes the smallest normal one */
	return ((uint64_t)(n.e + drop + 1074) << 52) + kept;
}

static uint64_t strtod_make_double(const struct decimal *d)
{
	uint64_t m = 0;
	unsigned int taken = 0;
	const char *s;
	int power;

	for (s = d->digits; taken < d->count && taken < 19; s++) {
		if (*s == '.')
			continue;
		m = m * 10 + *s - '0';
		taken++;
	}
	if (!m)
		return 0;
	/* Beyond what any double is, tables and whole numbers are not asked. */
	if (d->power + (int)d->count > 310)
		return INFINITE;
	if (d->power + (int)d->count < -330)
		return 0;
	power = d->power + (int)(d->count - taken);
	return strtod_round_decimal(d, strtod_times_ten(strtod_normal(m, 0),
							power));
}

static const char *strtod_skip_blanks(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Is @word, in small letters, what the text begins with? */
static int strtod_begins(const char *s, const char *word)
{
	for (; *word; s++, word++)
		if ((*s | 32) != *word)
			return 0;
	return 1;
}

static const char *strtod_read_exponent(const char *s, char letter, int *exp)
{
	const char *start = s;
	int negative, n = 0;

	if ((*s | 32) != letter)
		return start;
	negative = *++s == '-';
	if (*s == '-' || *s == '+')
		s++;
	if (!isdigit((unsigned char)*s))
		return start;
	for (; isdigit((unsigned char)*s); s++)
		n = n < 100000 ? n * 10 + *s - '0' : n;
	*exp += negative ? -n : n;
	return s;
}

static const char *strtod_read_decimal(const char *s, struct decimal *d)
{
	int point = 0, any = 0;

	*d = (struct decimal) { .digits = s };
	for (; isdigit((unsigned char)*s) || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = 1;
			continue;
		}
		any = 1;
		/* Zeros at the start are none of the digits. */
		if (!d->count && *s == '0') {
			d->digits = s + 1;
			d->power -= point;
		} else if (d->count < DIGITS_MAX) {
			d->count++;
			d->power -= point;
		} else {
			d->power += !point;
		}
	}
	return any ? strtod_read_exponent(s, 'e', &d->power) : NULL;
}

static int strtod_hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* 0x1.8p3 and the like: bits that are lost stay visible in the lowest. */
static const char *strtod_read_hex(const char *s, uint64_t *bits)
{
	int point = 0, any = 0, exp = 0, lost = 0;
	uint64_t m = 0;

	for (; isxdigit((unsigned char)*s) || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = 1;
			continue;
		}
		any = 1;
		if (m >> 59) {
			lost |= *s != '0';
			exp += point ? 0 : 4;
		} else {
			m = m << 4 | strtod_hex_digit(*s);
			exp -= point ? 4 : 0;
		}
	}
	if (!any)
		return NULL;
	s = strtod_read_exponent(s, 'p', &exp);
	*bits = lambda_double_scale(m << 1 | lost, exp - 1);
	return s;
}

/* What comes after the sign; NULL if that is no number. */
static const char *strtod_read_number(const char *s, uint64_t *bits)
{
	struct decimal d;
	const char *end;

	if (strtod_begins(s, "inf")) {
		*bits = INFINITE;
		return s + (strtod_begins(s, "infinity") ? 8 : 3);
	}
	if (strtod_begins(s, "nan")) {
		*bits = INFINITE | 1ull << 51;
		return s + 3;
	}
	if (*s == '0' && (s[1] | 32) == 'x') {
		end = strtod_read_hex(s + 2, bits);
		if (end)
			return end;
	}
	end = strtod_read_decimal(s, &d);
	if (end)
		*bits = d.count ? strtod_make_double(&d) : 0;
	return end;
}

double strtod(const char *s, char **end)
{
	const char *at = strtod_skip_blanks(s), *stop;
	uint64_t bits = 0;
	int negative = *at == '-';

	if (*at == '-' || *at == '+')
		at++;
	stop = strtod_read_number(at, &bits);
	if (stop && bits == INFINITE && isdigit((unsigned char)*at))
		errno = ERANGE;
	if (end)
		*end = (char *)(stop ? stop : s);
	return lambda_double_of(stop && negative ? bits | SIGN : bits);
}

float strtof(const char *s, char **end)
{
	return (float)strtod(s, end);
}

long double strtold(const char *s, char **end)
{
	return strtod(s, end);
}

double atof(const char *s)
{
	return strtod(s, NULL);
}

/* Digits of a base; @over is set when they are more than 64 bits hold. */
static const char *strtod_read_digits(const char *s, int base, unsigned long *n,
				      int *over)
{
	const char *start = s;

	*n = 0;
	*over = 0;
	for (;; s++) {
		int digit = isalnum((unsigned char)*s) ? strtod_hex_digit(*s) :
							 99;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(*n, (unsigned long)base, n) ||
		    __builtin_add_overflow(*n, (unsigned long)digit, n))
			*over = 1;
	}
	return s == start ? NULL : s;
}

/* What all of them have in common. */
static unsigned long strtod_read_integer(const char *s, char **end, int base,
					 int *negative, int *over)
{
	const char *at = strtod_skip_blanks(s), *stop;
	unsigned long n;

	*negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	if ((!base || base == 16) && *at == '0' && (at[1] | 32) == 'x' &&
	    isxdigit((unsigned char)at[2])) {
		at += 2;
		base = 16;
	} else if (!base) {
		base = *at == '0' ? 8 : 10;
	}
	stop = strtod_read_digits(at, base, &n, over);
	if (end)
		*end = (char *)(stop ? stop : s);
	return n;
}

long strtol(const char *s, char **end, int base)
{
	int negative, over;
	unsigned long n = strtod_read_integer(s, end, base, &negative, &over);

	if (over || n > (negative ? SIGN : SIGN - 1)) {
		errno = ERANGE;
		return negative ? -0x7fffffffffffffff - 1 : 0x7fffffffffffffff;
	}
	return negative ? -n : n;
}

unsigned long strtoul(const char *s, char **end, int base)
{
	int negative, over;
	unsigned long n = strtod_read_integer(s, end, base, &negative, &over);

	if (over) {
		errno = ERANGE;
		return -1;
	}
	return negative ? -n : n;
}

long long strtoll(const char *s, char **end, int base)
{
	return strtol(s, end, base);
}

unsigned long long strtoull(const char *s, char **end, int base)
{
	return strtoul(s, end, base);
}

intmax_t strtoimax(const char *s, char **end, int base)
{
	return strtol(s, end, base);
}

uintmax_t strtoumax(const char *s, char **end, int base)
{
	return strtoul(s, end, base);
}

int atoi(const char *s)
{
	return strtol(s, NULL, 10);
}

long atol(const char *s)
{
	return strtol(s, NULL, 10);
}

long long atoll(const char *s)
{
	return strtol(s, NULL, 10);
}
