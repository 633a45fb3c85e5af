// SPDX-License-Identifier: GPL-2.0-only
/* Native versions of the helpers over arrays, against the helpers. */
#include <kernel/bpf/lambda/array.h>
#include <stdlib.h>
#include <string.h>

#include "lambda_array.h"
#include "test.h"

#define BYTES	4096u

static unsigned char __attribute__((aligned(8))) a[BYTES], b[BYTES],
		     got[8 * BYTES], want[8 * BYTES];
static unsigned long long seed = 7;

static unsigned int draw(unsigned int below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % below;
}

/* What helper @id says, of as many ranges as it has; it writes to @want. */
static __u64 helper(__u32 id, const __u64 *args, unsigned char *const *mem,
		    __u64 len)
{
	struct sbpf_array array;

	sbpf_array_begin(&array, id, args);
	if (len)
		sbpf_array_step(&array, mem, 0, len);
	return sbpf_array_end(&array, mem[0]);
}

/* Bytes of all kinds, and some that both have; of floats also what is none. */
static void fill(unsigned int type)
{
	static const double doubles[] = {
		0.0, -0.0, 1e308, -1e308, 1.0 / 0.0, -1.0 / 0.0, __DBL_DENORM_MIN__, 1.5,
	};
	unsigned int i, kind = draw(3);
	double x;
	float f;

	for (i = 0; i < sizeof(a); i++) {
		a[i] = kind ? draw(256) : draw(3);
		b[i] = draw(2) ? a[i] : draw(256);
	}
	for (i = 0; i + 8 <= BYTES && type >= SBPF_TYPE_F32; i += 8) {
		x = draw(4) ? (int)draw(2000) / 7.0 - 100 : doubles[draw(8)];
		f = (float)x;
		if (type == SBPF_TYPE_F64)
			memcpy(a + i, &x, 8);
		else
			memcpy(a + i + draw(2) * 4, &f, 4);
		if (draw(2))
			memcpy(b + i, a + i, 8);
	}
}

static __u64 native_typed(enum sbpf_op op, enum sbpf_type type, __u64 len,
			  __u64 value)
{
	if (op == SBPF_OP_FOLD)
		return lambda_fold(type, (struct sbpf_fold *)got, a, len);
	if (op <= SBPF_OP_EQUAL)
		return lambda_zip(op, type, a, b, len);
	if (op <= SBPF_OP_GT)
		return lambda_compare(op, type, (__u64 *)got, a, len, value);
	return lambda_compare_each(op, type, (__u64 *)got, a, b, len);
}

static bool typed_agrees(enum sbpf_op op, enum sbpf_type type, __u64 len)
{
	unsigned char *writes[] = { want, a, b }, *reads[] = { a, b };
	__u64 args[4] = { 0, 0, len }, value;
	bool zips = op >= SBPF_OP_DOT && op <= SBPF_OP_EQUAL;
	__u64 size = type == SBPF_TYPE_F32 ? 4 : type == SBPF_TYPE_F64 ? 8 :
		     1u << type / 2;

	memcpy(&value, a + draw(64) * 8, 8);
	args[3] = op >= SBPF_OP_LT_EACH ? len : value;
	memset(got, 'o', sizeof(got));
	memset(want, 'o', sizeof(want));
	return native_typed(op, type, len, value) ==
	       helper(SBPF_HELPER_OF(op, type), args, zips ? reads : writes,
		      len / size * size) &&
	       !memcmp(got, want, sizeof(got));
}

static void test_typed(void)
{
	unsigned int op, type, turn;
	bool good;

	for (type = 0; type < SBPF_TYPES; type++) {
		for (op = 0; op < SBPF_OPS; op++) {
			good = true;
			for (turn = 0; turn < 50 && good; turn++) {
				fill(type);
				good = typed_agrees(op, type, turn < 20 ? turn :
						    draw(BYTES));
			}
			test_ok(good, "operation %u on type %u", op, type);
		}
	}
}

static __u64 native_bytes(unsigned int id, __u64 len, __u64 set)
{
	switch (id) {
	case SBPF_HELPER_HISTOGRAM:
		lambda_histogram((__u64 *)got, a, len);
		return 0;
	case SBPF_HELPER_INDEX:
		return lambda_index((__u32 *)got, a, len, set);
	case SBPF_HELPER_HAMMING:
		return lambda_hamming(a, b, len);
	case SBPF_HELPER_AND:
		return lambda_and(got, a, b, len);
	case SBPF_HELPER_OR:
		return lambda_or(got, a, b, len);
	case SBPF_HELPER_ANDNOT:
		return lambda_andnot(got, a, b, len);
	default:
		return lambda_pack(1u << (id - SBPF_HELPER_PACK8), got, a,
				   (__u64 *)b, len);
	}
}

static bool bytes_agree(unsigned int id, __u64 len)
{
	unsigned char *writes[] = { want, a, b }, *reads[] = { a, b };
	__u64 args[4] = { 0, 0, len }, set;

	memcpy(&set, a + draw(64) * 8, 8);
	args[3] = id == SBPF_HELPER_INDEX ? set : len;
	memset(got, 0, sizeof(got));
	memset(want, 0, sizeof(want));
	if (id >= SBPF_HELPER_PACK8)
		len &= -1u << (id - SBPF_HELPER_PACK8);
	return native_bytes(id, len, set) ==
	       helper(id, args, id == SBPF_HELPER_HAMMING ? reads : writes,
		      len) &&
	       !memcmp(got, want, sizeof(got));
}

static void test_bytes(void)
{
	unsigned int id, turn;
	bool good;

	for (id = SBPF_HELPER_HISTOGRAM; id < SBPF_HELPER_TYPED; id++) {
		good = true;
		for (turn = 0; turn < 50 && good; turn++) {
			fill(SBPF_TYPE_U8);
			good = bytes_agree(id, turn < 20 ? turn : draw(BYTES));
		}
		test_ok(good, "helper %u", id);
	}
}

int main(void)
{
	test_typed();
	test_bytes();
	return test_done();
}
