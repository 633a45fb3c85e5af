// SPDX-License-Identifier: GPL-2.0-only
/*
 * The λ programs, translated and interpreted, against their native versions and
 * against plain versions written without looking at them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "linked.h"
#include "test.h"

#define OUT_CAP 131072

typedef int native_fn(struct lambda_ctx *ctx);
native_fn bitmap, csvfilter_whole, grep, histogram, knn, stats32, stats64,
	  wordcount;

/* Puts what is expected to @out and returns its length, or a negative errno. */
typedef ssize_t plain_fn(const struct request *req, unsigned char *out);

static const struct lambda_program *prog;
static native_fn *compiled;
static plain_fn *plain;
static unsigned long long seed = 42;

static unsigned int draw(unsigned int below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % below;
}

/* Runs a part, its output behind that of others. Returns the bytes then. */
static size_t add_part(const struct request *req, size_t from, size_t to,
		       unsigned char *out, size_t at)
{
	static unsigned char part[OUT_CAP];
	struct request of_part = *req;
	struct lambda_io io;
	ssize_t len;

	of_part.in = (const unsigned char *)req->in + from;
	of_part.in_len = to - from;
	of_part.offset += from;
	len = run_linked(prog, &of_part, part, &io);
	if (len <= 0 || at + len > OUT_CAP)
		return 0;
	memcpy(out + at, part, len);
	return at + len;
}

/* What a record-wise program makes of two or three parts is the same. */
static void compare_divided(const struct request *req, const char *what,
			    const unsigned char *expected, ssize_t len)
{
	static unsigned char parts[OUT_CAP], out[OUT_CAP];
	const struct lambda_program *merge = lambda_program__merge(prog);
	struct request merging = *req;
	struct lambda_load_attr attr;
	size_t records, cut[2], at;
	const void *made = parts;
	struct lambda_io io;

	lambda_program__attr(prog, &attr);
	if (!attr.record_len || req->in_len <= attr.record_len)
		return;
	records = req->in_len / attr.record_len;
	cut[0] = (draw(records) ?: 1) * attr.record_len;
	cut[1] = draw(2) ? cut[0] : req->in_len / attr.record_len *
				    attr.record_len;
	at = add_part(req, 0, cut[0], parts, 0);
	if (cut[1] > cut[0])
		at = add_part(req, cut[0], cut[1], parts, at);
	if (req->in_len > cut[1])
		at = add_part(req, cut[1], req->in_len, parts, at);
	if (merge) {
		merging.in = parts;
		merging.in_len = at;
		at = run_linked(merge, &merging, out, &io);
		made = out;
	}
	test_ok((ssize_t)at == len && !memcmp(made, expected, len),
		"%s: %s: the same in parts, cut at %zu and %zu of %zu",
		lambda_program__name(prog), what, cut[0], cut[1], req->in_len);
}

static void compare(const struct request *req, const char *what)
{
	static unsigned char out[OUT_CAP], native[OUT_CAP], expected[OUT_CAP];
	ssize_t len, native_len, expected_len;
	struct lambda_io io;

	memset(expected, 0, sizeof(expected));
	expected_len = plain(req, expected);
	native_len = run_native(compiled, req, native);
	len = run_linked(prog, req, out, &io);
	if (len == -ECANCELED)
		len = io.result.status == LAMBDA_STATUS_ERROR ?
			      io.result.retval :
			      -10000;
	test_ok(len == expected_len && native_len == expected_len,
		"%s: %s, %zu bytes: %zd, native %zd, expected %zd",
		lambda_program__name(prog), what, req->in_len, len, native_len,
		expected_len);
	if (expected_len > 0)
		test_ok(!memcmp(out, expected, expected_len) &&
			!memcmp(native, expected, expected_len),
			"%s: %s: equal results", lambda_program__name(prog),
			what);
	if (expected_len > 0)
		compare_divided(req, what, expected, expected_len);
}

/* Random bytes, from all over the range and from a corner of it. */
static void fill_random(unsigned char *in, size_t len)
{
	unsigned int kind = draw(3);
	size_t i;

	for (i = 0; i < len; i++)
		in[i] = kind == 0 ? draw(256) : kind == 1 ? 0xff : draw(3);
}

static void test_random(size_t most, size_t step, const void *args,
			size_t args_len)
{
	unsigned char *in = malloc(most);
	struct request req = { in, 0, args, args_len, 0, OUT_CAP };
	int i;

	for (i = 0; i < 12; i++) {
		req.in_len = i ? (1 + draw(most / step)) * step : step;
		req.offset = draw(9000);
		fill_random(in, req.in_len);
		compare(&req, "random");
	}
	req.out_cap = 1;
	compare(&req, "no room");
	if (step > 1) {
		req.out_cap = OUT_CAP;
		req.in_len = step + 1;
		compare(&req, "a cut row");
	}
	free(in);
}

static void put(unsigned char *out, size_t i, unsigned long long word)
{
	memcpy(out + i * 8, &word, 8);
}

static ssize_t plain_stats(const struct request *req, unsigned char *out,
			   int size)
{
	long long low = 0, high = 0, number, i, count = req->in_len / size;
	__int128 sum = 0;

	if (req->in_len % size)
		return -EINVAL;
	if (req->out_cap < 32)
		return -ENOSPC;
	for (i = 0; i < count; i++) {
		if (size == 4)
			number = ((int *)req->in)[i];
		else
			number = ((long long *)req->in)[i];
		low = i == 0 || number < low ? number : low;
		high = i == 0 || number > high ? number : high;
		sum += number;
	}
	put(out, 0, count ? low : 0x7fffffffffffffff);
	put(out, 1, count ? (unsigned long long)high : 1ull << 63);
	put(out, 2, sum);
	put(out, 3, count);
	return 32;
}

static ssize_t plain_stats32(const struct request *req, unsigned char *out)
{
	return plain_stats(req, out, 4);
}

static ssize_t plain_stats64(const struct request *req, unsigned char *out)
{
	return plain_stats(req, out, 8);
}

static ssize_t plain_knn(const struct request *req, unsigned char *out)
{
	const unsigned long long *in = req->in, *point = req->args;
	size_t row, i;

	if (req->in_len % 2048 || req->args_len != 255 * 8)
		return -EINVAL;
	if (req->out_cap < req->in_len / 128)
		return -ENOSPC;
	for (row = 0; row < req->in_len / 2048; row++, in += 256) {
		__uint128_t distance = 0;

		for (i = 0; i < 255; i++)
			distance += (__uint128_t)(in[i + 1] - point[i]) *
				    (in[i + 1] - point[i]);
		put(out, 2 * row, in[0]);
		put(out, 2 * row + 1, distance);
	}
	return req->in_len / 128;
}

static ssize_t plain_grep(const struct request *req, unsigned char *out)
{
	const char *in = req->in;
	size_t row, at, rows = (req->in_len + 4095) / 4096;

	if (!req->args_len)
		return -EINVAL;
	if (req->out_cap < rows * 8)
		return -ENOSPC;
	for (row = 0; row < rows; row++) {
		size_t end = (row + 1) * 4096;

		if (end > req->in_len)
			end = req->in_len;
		for (at = row * 4096; at + req->args_len <= end; at++)
			if (!memcmp(in + at, req->args, req->args_len))
				break;
		put(out, row, at + req->args_len <= end ? at - row * 4096 :
							  -1ull);
	}
	return rows * 8;
}

static ssize_t plain_bitmap(const struct request *req, unsigned char *out)
{
	const unsigned char *in = req->in;
	size_t i, bit = 0;

	if (req->in_len % 2)
		return -EINVAL;
	for (i = 0; i < req->in_len; i += 2) {
		unsigned int run = in[i] + 256 * in[i + 1];
		unsigned int n;

		for (n = run % 32768; n; n--, bit++) {
			if (bit == req->out_cap * 8)
				return -ENOSPC;
			if (run >= 32768)
				out[bit / 8] |= 1 << bit % 8;
		}
	}
	return (bit + 7) / 8;
}

static ssize_t plain_wordcount(const struct request *req, unsigned char *out)
{
	struct wordcount_out result = { .bytes = req->in_len };
	const unsigned char *in = req->in;
	size_t i;

	if (req->out_cap < sizeof(result))
		return -ENOSPC;
	for (i = 0; i < req->in_len; i++) {
		if (in[i] == 10)
			result.lines++;
		if (in[i] > 32 && (i == 0 || in[i - 1] <= 32))
			result.words++;
	}
	result.first = in[0] > 32;
	result.last = in[req->in_len - 1] > 32;
	memcpy(out, &result, sizeof(result));
	return sizeof(result);
}

static ssize_t plain_histogram(const struct request *req, unsigned char *out)
{
	const unsigned char *in = req->in;
	unsigned long long counts[256] = { 0 };
	size_t i;

	if (req->out_cap < sizeof(counts))
		return -ENOSPC;
	for (i = 0; i < req->in_len; i++)
		counts[in[i]]++;
	memcpy(out, counts, sizeof(counts));
	return sizeof(counts);
}

static bool plain_holds(long long number, const struct csvfilter_args *args)
{
	const bool holds[] = {
		[CSVFILTER_LT] = number < args->value,
		[CSVFILTER_LE] = number <= args->value,
		[CSVFILTER_EQ] = number == args->value,
		[CSVFILTER_NE] = number != args->value,
		[CSVFILTER_GE] = number >= args->value,
		[CSVFILTER_GT] = number > args->value,
	};

	return holds[args->op];
}

static bool plain_selected(const char *line, size_t len,
			   const struct csvfilter_args *args)
{
	char *copy = strndup(line, len), *at = copy, *end;
	unsigned int column;
	bool selected = false;
	long long number;

	for (column = 0; at && column < args->column; column++) {
		at = strchr(at, ',');
		if (at)
			at++;
	}
	if (at)
		at[strcspn(at, ",")] = '\0';
	/* What strtoll() takes beyond digits and a minus is not a number. */
	if (at && *at && !at[strspn(at, "-0123456789")]) {
		errno = 0;
		number = strtoll(at, &end, 10);
		if (!*end && end > at && !errno)
			selected = plain_holds(number, args);
	}
	free(copy);
	return selected;
}

static ssize_t plain_csvfilter(const struct request *req, unsigned char *out)
{
	const struct csvfilter_args *args = req->args;
	const char *in = req->in;
	size_t at, end, len = 0;

	if (req->args_len != 16 || args->op < 1 || args->op > 6)
		return -EINVAL;
	for (at = 0; at < req->in_len; at = end) {
		size_t text = at;

		while (text < req->in_len && in[text] != '\n')
			text++;
		end = text < req->in_len ? text + 1 : text;
		if (!plain_selected(in + at, text - at, args))
			continue;
		if (len + end - at > req->out_cap)
			return -ENOSPC;
		memcpy(out + len, in + at, end - at);
		len += end - at;
	}
	return len;
}

static void test_grep(void)
{
	static const char *const patterns[] = { "a", "ab", "abab", "ba\1" };
	char in[3 * 4096 + 100], needle[4097];
	struct request req = { in, sizeof(in), in, 0, 777, OUT_CAP };
	size_t i;

	compare(&req, "no pattern");
	for (i = 0; i < sizeof(in); i++)
		in[i] = "abab\1"[draw(5)];
	for (i = 0; i < 4; i++) {
		req.args = patterns[i];
		req.args_len = strlen(patterns[i]);
		compare(&req, "short pattern");
	}
	/* Across the edge of a row, in the last bytes, a row, and beyond it. */
	memcpy(in + 4096 - 4, "edge-of-row", 11);
	memcpy(in + sizeof(in) - 4, "tail", 4);
	req.args = "edge-of-row";
	req.args_len = 11;
	compare(&req, "across the edge");
	req.args = "tail";
	req.args_len = 4;
	compare(&req, "at the end");
	memcpy(needle, in + 4096, 4096);
	req.args = needle;
	req.args_len = 4096;
	compare(&req, "a whole row");
	needle[4096] = 'x';
	req.args_len = 4097;
	compare(&req, "longer than a row");
	req.out_cap = 24;
	compare(&req, "no room");
}

static const char csv[] =
	"name,count,limit\n"
	"a,1,9223372036854775807\n"
	"b,-5,9223372036854775808\n"
	"c,007,-9223372036854775808\n"
	"d,,-9223372036854775809\n"
	"e,12x,--1\n"
	"\n"
	",\n"
	"only\n"
	"f,-,99999999999999999999999\n"
	"g,5 ,1,2,3\n"
	"h,+5,-\n"
	"i,5,0\n"
	"j,-0,18446744073709551616";

/* A request as large as usual stays within the budget it gets. */
static void test_large_csv(void)
{
	const struct csvfilter_args args = { 1, CSVFILTER_GT, 98 };
	struct request req = { NULL, 0, &args, sizeof(args), 0, OUT_CAP };
	char *in = malloc(1048576);

	while (req.in_len < 1048576 - 400)
		req.in_len += sprintf(in + req.in_len, "%0*u,%u\n",
				      draw(300) ? 1 : 300, draw(1000),
				      draw(100));
	req.in = in;
	compare(&req, "1 MiB");
	free(in);
}

/* About as long as what delimiters are looked for in together, and longer. */
static void test_long_lines(void)
{
	const struct csvfilter_args args = { 1, CSVFILTER_GT, 49 };
	struct request req = { NULL, 0, &args, sizeof(args), 0, OUT_CAP };
	char *in = malloc(65536);
	int len;

	for (len = 4085; len < 8200; len += len == 4100 ? 4080 : 1) {
		req.in_len = sprintf(in, "%0*u,50\nb,%u\n%0*u,%u,1\n,99", len, 7,
				     draw(100), len + 9000, 1, draw(100));
		req.in = in;
		compare(&req, "long lines");
		req.in_len = len + 3;
		compare(&req, "one long line");
	}
	free(in);
}

static void test_csvfilter(void)
{
	static const __s64 values[] = { 0, 5, -5, 1, 7, 0x7fffffffffffffff,
					-0x7fffffffffffffff - 1 };
	struct csvfilter_args args = { .column = 1, .op = 1 };
	struct request req = { csv, sizeof(csv) - 1, &args, sizeof(args), 4095,
			       OUT_CAP };
	size_t i;

	for (args.column = 0; args.column < 4; args.column++) {
		for (args.op = 1; args.op <= 6; args.op++) {
			for (i = 0; i < sizeof(values) / 8; i++) {
				args.value = values[i];
				compare(&req, "table");
			}
		}
	}
	args.column = 1;
	compare(&req, "no such comparison");
	args.op = 0;
	compare(&req, "no comparison");
	args.op = CSVFILTER_NE;
	req.out_cap = 30;
	compare(&req, "no room");
	req.args_len = 15;
	compare(&req, "short arguments");
	test_large_csv();
	test_long_lines();
}

/*
 * Room for no whole number of words: nothing is lost of the last one, and native
 * code, whose room ends where it is said to, leaves alone what lies behind.
 */
static void test_bitmap_end(void)
{
	__u16 runs[4];
	struct request req = { .in = runs, .in_len = sizeof(runs) };
	struct lambda_ctx ctx = { .in = (__u64)(uintptr_t)runs };
	unsigned int k;

	ctx.in_len = sizeof(runs);
	for (k = 0; k < 200; k++) {
		runs[0] = draw(2) * BITMAP_ONES + draw(70);
		runs[1] = BITMAP_ONES + draw(70);
		runs[2] = draw(20);
		runs[3] = BITMAP_ONES + draw(20);
		req.out_cap = draw(25);
		compare(&req, "room that ends in a word");
		/* The sanitizer looks at what is behind. */
		ctx.out = (__u64)(uintptr_t)calloc(1, req.out_cap);
		ctx.out_cap = req.out_cap;
		compiled(&ctx);
		free((void *)(uintptr_t)ctx.out);
	}
}

static void test_bitmap(void)
{
	__u16 runs[600];
	struct request req = { runs, sizeof(runs), NULL, 0, 0, OUT_CAP };
	size_t i, round;

	for (round = 1; round <= 3; round++) {
		for (i = 0; i < 600; i++)
			runs[i] = draw(2) * BITMAP_ONES +
				  draw(round == 1 ? 4 : round * 20);
		compare(&req, "short runs");
	}
	/* Such as lie in several words. */
	for (i = 0; i < 100; i++)
		runs[i] = draw(2) * BITMAP_ONES + draw(160 * 8);
	req.in_len = 200;
	compare(&req, "longer runs");
	runs[0] = BITMAP_ONES | BITMAP_LENGTH;
	req.in_len = 2;
	compare(&req, "the longest run");
	req.out_cap = 4095;
	compare(&req, "a bit too little room");
	test_bitmap_end();
	req.in_len = 3;
	compare(&req, "a cut run");
}

/* Text in two requests adds up to text in one, wherever it is cut. */
static void test_wordcount(void)
{
	static const char text[] = "two words\n  and  four\tmore words\n";
	struct wordcount_out left, right;
	size_t cut, wrong = 0;
	struct lambda_io io;

	for (cut = 1; cut < sizeof(text) - 1; cut++) {
		struct request req = { text, cut, NULL, 0, 0, sizeof(left) };

		run_linked(prog, &req, &left, &io);
		req.in = text + cut;
		req.in_len = sizeof(text) - 1 - cut;
		req.offset = cut;
		run_linked(prog, &req, &right, &io);
		wrong += left.lines + right.lines != 2;
		wrong += left.bytes + right.bytes != sizeof(text) - 1;
		wrong += left.words + right.words -
			 (left.last && right.first) != 6;
	}
	test_ok(wrong == 0, "wordcount: adds up wherever it is cut");
}

static void test_own_rows(void)
{
	static struct knn_args point;

	fill_random((unsigned char *)&point, sizeof(point));
	test_random(20 * 2048, 2048, &point, sizeof(point));
	test_random(2048 * 3, 2048, &point, sizeof(point) - 8);
}

static void test_program(const char *name, native_fn *native, plain_fn *version)
{
	struct lambda_object *obj;
	char object[64], why[512];

	snprintf(object, sizeof(object), "programs/%s", name);
	/* How csvfilter is divided has a test of its own. */
	prog = lambda_program__whole(open_linked(object, NULL, &obj));
	compiled = native;
	plain = version;
	test_ok(lambda_program__check(prog, why, sizeof(why)) == 0,
		"%s: passes the check", name);
	if (native == grep)
		test_grep();
	else if (native == csvfilter_whole)
		test_csvfilter();
	else if (native == bitmap)
		test_bitmap();
	else if (native == knn)
		test_own_rows();
	else
		test_random(100000, native == stats32 ? 4 :
				    native == stats64 ? 8 : 1, NULL, 0);
	if (native == wordcount)
		test_wordcount();
	lambda_object__close(obj);
}

int main(void)
{
	test_program("stats32", stats32, plain_stats32);
	test_program("stats64", stats64, plain_stats64);
	test_program("knn", knn, plain_knn);
	test_program("grep", grep, plain_grep);
	test_program("bitmap", bitmap, plain_bitmap);
	test_program("wordcount", wordcount, plain_wordcount);
	test_program("csvfilter", csvfilter_whole, plain_csvfilter);
	test_program("histogram", histogram, plain_histogram);
	return test_done();
}
