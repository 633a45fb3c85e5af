// SPDX-License-Identifier: GPL-2.0-only
/* Every kind of global and address that the library has to link. */
#include "lambda_bpf.h"

static int squares[16] = { 0, 1, 4, 9, 16, 25, 36, 49, 64, 81 };
static const char *const words[] = { "zero", "one", "two", "three" };
static const __u8 codes[] = { 7, 5, 3, 1 };
static __u64 counts[8];
int shared = 40;
int *const to_shared = &shared;
int *to_square = &squares[3];
static const __u64 wide __attribute__((aligned(64))) = 0x123456789abcdef0;
static __u32 page[1024] __attribute__((aligned(4096)));

static __attribute__((noinline)) int calls(void)
{
	static int times;

	return ++times;
}

static __attribute__((noinline)) __u64 sum(const __u32 *p, int n)
{
	__u64 total = 0;

	for (int i = 0; i < n; i++)
		total += p[i];
	return total;
}

static __u64 locals(const __u8 *in)
{
	__u32 local[8];

	for (int i = 0; i < 8; i++)
		local[i] = in[i] * 3;
	return sum(local, in[8] % 9);
}

LAMBDA_PROGRAM(globals)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	__u64 *out = lambda_out(ctx);

	if (ctx->in_len < 16 || ctx->out_cap < 12 * sizeof(*out))
		return -EINVAL;
	counts[in[0] % 8] += in[1];
	squares[in[2] % 16]++;
	*to_square += in[3];
	*to_shared += 2;
	page[in[4]] = in[5];
	out[0] = squares[in[2] % 16];
	out[1] = words[in[6] % 4][in[7] % 3];
	out[2] = codes[in[8] % 4];
	out[3] = counts[in[0] % 8];
	out[4] = shared;
	out[5] = squares[3];
	out[6] = wide >> in[9] % 64;
	out[7] = calls() + calls();
	out[8] = locals(in);
	out[9] = sum(page, 1024);
	out[10] = lambda_memcmp(words[1], "one", 4) == 0;
	out[11] = lambda_crc32c(~0u, in, 16);
	return 12 * sizeof(*out);
}
