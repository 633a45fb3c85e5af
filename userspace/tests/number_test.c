// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of the command line, and what is none. */
#include <cli.h>
#include <limits.h>
#include <string.h>

#include "test.h"

static void test_number(const char *text, unsigned long long max,
			unsigned long long expected)
{
	unsigned long long value = 0;

	test_ok(cli_number_parse(text, max, &value) && value == expected,
		"'%s' is %llu", text, value);
}

static void test_none(const char *text, unsigned long long max)
{
	unsigned long long value = 1234;

	test_ok(!cli_number_parse(text, max, &value) && value == 1234,
		"'%s' is none up to %llu", text, max);
}

static void test_taken(void)
{
	test_number("0", 0, 0);
	test_number("010", 100, 10);
	test_number("0x10", 100, 16);
	test_number("0x1E", 100, 30);
	test_number("0xffffffffffffffff", ULLONG_MAX, ULLONG_MAX);
	test_number("18446744073709551615", ULLONG_MAX, ULLONG_MAX);
	test_number("9223372036854775807", LLONG_MAX, LLONG_MAX);
	test_number("1K", LLONG_MAX, 1ull << 10);
	test_number("0x3M", LLONG_MAX, 3ull << 20);
	test_number("2097152G", LLONG_MAX, 1ull << 51);
	test_number("7T", LLONG_MAX, 7ull << 40);
	test_number("7P", LLONG_MAX, 7ull << 50);
	test_number("7E", LLONG_MAX, 7ull << 60);
	test_number("15E", ULLONG_MAX, 15ull << 60);
	test_number("60K", 61440, 61440);
}

static void test_refused(void)
{
	static const char *const texts[] = {
		"", "K", "x", "0x", "0xK", "1x", "1KK", "1K1", "1k", "1 K",
		" 1", "1 ", "+1", "-1", "- 1", "1.5", "1e3", "1Ki", "0b1",
		"16E", "17179869184G", "8589934592G", "18446744073709551616",
		"0x10000000000000000", "18014398509481984K",
		"99999999999999999999999999999999999999999E",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		test_none(texts[i], LLONG_MAX);
		if (strcmp(texts[i], "8589934592G"))
			test_none(texts[i], ULLONG_MAX);
	}
	test_none("61441", 61440);
	test_none("4G", 61440);
	test_none("64K", 61440);
	test_none("9", 8);
	test_none("10", 8);
	test_none("1", 0);
	test_none("8E", LLONG_MAX);
}

static void test_block(const char *spec, const char *wrong,
		       unsigned long long expected)
{
	static struct block block;
	unsigned long long value = 0;
	const char *why;

	block.len = 0;
	why = args_add(&block, spec);
	memcpy(&value, block.bytes, block.len < 8 ? block.len : 8);
	if (wrong)
		test_ok(why && strstr(why, wrong) && !block.len, "'%s': %s",
			spec, why);
	else
		test_ok(!why && value == expected, "'%s' is 0x%llx", spec,
			value);
}

int main(void)
{
	test_taken();
	test_refused();
	test_block("u64:18446744073709551615", NULL, ULLONG_MAX);
	test_block("i64:-9223372036854775808", NULL, 1ull << 63);
	test_block("i64:9223372036854775808", "not a number", 0);
	test_block("i64:-9223372036854775809", "not a number", 0);
	test_block("i8:-128", NULL, 0x80);
	test_block("i8:-129", "does not fit", 0);
	test_block("i16:32767", NULL, 32767);
	test_block("i16:32768", "does not fit", 0);
	test_block("u32:4K", NULL, 4096);
	test_block("u64:-1", "not a number", 0);
	test_block("u64: -1", "not a number", 0);
	test_block("i64: -1", "not a number", 0);
	test_block("i64:--1", "not a number", 0);
	test_block("hex:zz", "pairs", 0);
	test_block("hex:0", "pairs", 0);
	test_block("hex:00FF", NULL, 0xff00);
	return test_done();
}
