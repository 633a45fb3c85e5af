// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one grammar of sizes, offsets and counts: digits, decimal or after 0x
 * hexadecimal, and at most one letter behind them for a power of 1024. Nothing
 * else, blanks and signs among it.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const char suffixes[] = "KMGTPE";

int cli_number_hex_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c = tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int cli_number_digit_of(char c, int base)
{
	int digit = cli_number_hex_digit(c);

	return digit < base ? digit : -1;
}

static int cli_number_shift_of(char suffix)
{
	const char *at = suffix ? strchr(suffixes, suffix) : NULL;

	return at ? (at - suffixes + 1) * 10 : 0;
}

bool cli_number_parse(const char *text, unsigned long long max,
		      unsigned long long *ret)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	int base = hex ? 16 : 10, shift;
	unsigned long long value = 0;
	const char *first = text + (hex ? 2 : 0), *at;
	int digit;

	for (at = first; (digit = cli_number_digit_of(*at, base)) >= 0; at++) {
		if (value > (max - digit) / base || (unsigned int)digit > max)
			return false;
		value = value * base + digit;
	}
	shift = cli_number_shift_of(*at);
	if (at == first || at[shift > 0] || value > max >> shift)
		return false;
	*ret = value << shift;
	return true;
}

/* A limit as a person would write it; those that lack 1 so, too. */
static const char *cli_number_limit_text(unsigned long long limit,
					 char text[32])
{
	bool one_less = limit && !(~limit & 1023);
	unsigned long long value = limit + one_less;
	size_t unit = 0;

	while (value && value % 1024 == 0 && suffixes[unit]) {
		value /= 1024;
		unit++;
	}
	snprintf(text, 32, "%llu%.*s%s", value, unit > 0,
		 suffixes + unit - (unit > 0), one_less ? " - 1" : "");
	return text;
}

unsigned long long cli_number_option(struct argp_state *state, const char *name,
				     const char *text, unsigned long long min,
				     unsigned long long max)
{
	unsigned long long value = 0;
	char from[32], to[32];

	if (!cli_number_parse(text, max, &value) || value < min)
		argp_error(state, "--%s: '%s' is not a number from %s to %s",
			   name, text, cli_number_limit_text(min, from),
			   cli_number_limit_text(max, to));
	return value;
}
