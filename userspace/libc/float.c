// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Floating point by integers: what `lambda cc` calls where a program adds two
 * doubles. IEEE 754 to the bit, rounded to nearest and even; what is not a
 * number is told from others as x86-64 does it.
 *
 * A significand on its way has its leading one at bit 62, so that ten bits
 * below the last one that counts tell how to round; the lowest of them also
 * stands for all that was lost below it.
 *
 * A float is handled as a double, which has more than twice its bits, so that
 * rounding twice is the same as once.
 */
#include "float.h"

#define SIGN (1ull << 63)
#define INFINITE (0x7ffull << 52)
#define QUIET (1ull << 51)
#define INVALID (SIGN | INFINITE | QUIET)
#define ONE (1ull << 52)
#define BIAS 1023
#define EXTRA 10

static int float_is_nan(uint64_t a)
{
	return (a & ~SIGN) > INFINITE;
}

/* What comes of an operation one side of which is not a number. */
static uint64_t float_nan_of(uint64_t a, uint64_t b)
{
	return (float_is_nan(a) ? a : b) | QUIET;
}

static int float_exponent(uint64_t a)
{
	return a >> 52 & 0x7ff;
}

/* Shifts to the right; what is lost stays visible in the lowest bit. */
static uint64_t float_shift_sticky(uint64_t sig, int by)
{
	if (by > 63)
		return sig != 0;
	return sig >> by | (by && sig << (64 - by));
}

/* The number with exponent @exp whose significand has its one at bit 62. */
static uint64_t float_pack(uint64_t sign, int exp, uint64_t sig)
{
	uint64_t extra;

	if (exp >= 0x7ff)
		return sign | INFINITE;
	if (exp <= 0) {
		sig = float_shift_sticky(sig, 1 - exp);
		exp = 1;
	}
	extra = sig & ((1 << EXTRA) - 1);
	sig >>= EXTRA;
	sig += extra + (sig & 1) > 1 << (EXTRA - 1);
	/* The leading one, if there is any, adds 1 to the exponent. */
	return sign + ((uint64_t)(exp - 1) << 52) + sig;
}

/* Likewise, wherever the leading one is. */
static uint64_t float_pack_any(uint64_t sign, int exp, uint64_t sig)
{
	int zeros;

	if (!sig)
		return sign;
	zeros = __builtin_clzll(sig);
	if (!zeros)
		return float_pack(sign, exp + 1, float_shift_sticky(sig, 1));
	return float_pack(sign, exp - zeros + 1, sig << (zeros - 1));
}

/* Exponent and significand of a number, with the one at bit 52. */
static uint64_t float_unpack(uint64_t a, int *exp)
{
	uint64_t sig = a & (ONE - 1);
	int shift;

	*exp = float_exponent(a);
	if (*exp)
		return sig | ONE;
	if (!sig)
		return 0;
	shift = __builtin_clzll(sig) - 11;
	*exp = 1 - shift;
	return sig << shift;
}

uint64_t lambda_double_add(uint64_t a, uint64_t b)
{
	uint64_t x, y, swap;
	int exp, other;

	if (float_is_nan(a) || float_is_nan(b))
		return float_nan_of(a, b);
	if ((a & ~SIGN) < (b & ~SIGN)) {
		swap = a;
		a = b;
		b = swap;
	}
	if ((a & ~SIGN) == INFINITE)
		return a == (b ^ SIGN) ? INVALID : a;
	x = float_unpack(a, &exp);
	y = float_unpack(b, &other);
	if (!y)
		return x ? a : a & b;
	x <<= EXTRA;
	y = float_shift_sticky(y << EXTRA, exp - other);
	if (!((a ^ b) & SIGN))
		return float_pack_any(a & SIGN, exp, x + y);
	return x == y ? 0 : float_pack_any(a & SIGN, exp, x - y);
}

uint64_t lambda_double_subtract(uint64_t a, uint64_t b)
{
	return lambda_double_add(a, float_is_nan(b) ? b : b ^ SIGN);
}

uint64_t lambda_double_multiply(uint64_t a, uint64_t b)
{
	uint64_t sign = (a ^ b) & SIGN, x, y, high, low;
	int exp, other;

	if (float_is_nan(a) || float_is_nan(b))
		return float_nan_of(a, b);
	if ((a & ~SIGN) == INFINITE || (b & ~SIGN) == INFINITE)
		return a << 1 && b << 1 ? sign | INFINITE : INVALID;
	x = float_unpack(a, &exp);
	y = float_unpack(b, &other);
	if (!x || !y)
		return sign;
	high = lambda_multiply_high(x << EXTRA, y << (EXTRA + 1));
	low = (x << EXTRA) * (y << (EXTRA + 1));
	return float_pack_any(sign, exp + other - BIAS + 1, high | (low != 0));
}

/* Eleven bits of a quotient at a time, as many as a remainder has room for. */
uint64_t lambda_double_divide(uint64_t a, uint64_t b)
{
	uint64_t sign = (a ^ b) & SIGN, x, y, quotient;
	int exp, other, i;

	if (float_is_nan(a) || float_is_nan(b))
		return float_nan_of(a, b);
	if ((a & ~SIGN) == INFINITE)
		return (b & ~SIGN) == INFINITE ? INVALID : sign | INFINITE;
	if ((b & ~SIGN) == INFINITE)
		return sign;
	x = float_unpack(a, &exp);
	y = float_unpack(b, &other);
	if (!y)
		return x ? sign | INFINITE : INVALID;
	if (!x)
		return sign;
	quotient = x / y;
	x %= y;
	for (i = 0; i < 5; i++) {
		quotient = quotient << 11 | (x << 11) / y;
		x = (x << 11) % y;
	}
	return float_pack_any(sign, exp - other + BIAS,
			      quotient << 7 | (x != 0));
}

uint64_t lambda_double_remainder(uint64_t a, uint64_t b)
{
	uint64_t sign = a & SIGN, x, y;
	int exp, other, step;

	if (float_is_nan(a) || float_is_nan(b))
		return float_nan_of(a, b);
	if ((a & ~SIGN) == INFINITE || !(b << 1))
		return INVALID;
	if ((b & ~SIGN) == INFINITE || (a & ~SIGN) < (b & ~SIGN))
		return a;
	x = float_unpack(a, &exp);
	y = float_unpack(b, &other);
	for (x %= y; exp > other && x; exp -= step) {
		step = exp - other < 11 ? exp - other : 11;
		x = (x << step) % y;
	}
	return float_pack_any(sign, other, x << EXTRA);
}

/* One bit of the root at a time; the remainder says whether it is exact. */
uint64_t lambda_double_root(uint64_t a)
{
	uint64_t left = 0, root = 0, x, next;
	int exp, i;

	if (float_is_nan(a))
		return a | QUIET;
	if (!(a << 1) || a == INFINITE)
		return a;
	if (a & SIGN)
		return INVALID;
	x = float_unpack(a, &exp);
	/* The exponent has to be even, and two bits of x give one of the root. */
	x <<= (exp - BIAS) & 1 ? 11 : 10;
	exp = (exp - BIAS - ((exp - BIAS) & 1)) / 2 + BIAS;
	for (i = 0; i < 56; i++) {
		left = left << 2 | x >> 62;
		x <<= 2;
		next = root << 2 | 1;
		root <<= 1;
		if (left >= next) {
			left -= next;
			root |= 1;
		}
	}
	return float_pack_any(0, exp, root << 7 | (left != 0));
}

/* -1, 0 or 1, and 2 where there is no order. */
int lambda_double_compare(uint64_t a, uint64_t b)
{
	int64_t x = a, y = b;

	if (float_is_nan(a) || float_is_nan(b))
		return 2;
	/* Of negative numbers the larger bits are the smaller number. */
	x = x < 0 ? (int64_t)(SIGN - a) : x;
	y = y < 0 ? (int64_t)(SIGN - b) : y;
	return (x > y) - (x < y);
}

uint64_t lambda_double_from_unsigned(uint64_t n)
{
	return float_pack_any(0, BIAS + 62, n);
}

uint64_t lambda_double_from_signed(int64_t n)
{
	return n < 0 ? float_pack_any(SIGN, BIAS + 62, -(uint64_t)n) :
		       float_pack_any(0, BIAS + 62, n);
}

/* @n times two to the @exp. */
uint64_t lambda_double_scale(uint64_t n, int exp)
{
	exp = exp > 5000 ? 5000 : exp < -5000 ? -5000 : exp;
	return float_pack_any(0, BIAS + 62 + exp, n);
}

/*
 * A float of an integer with more bits than a double has: all that a double
 * would round stays visible in the last bit that it keeps.
 */
static uint64_t float_round_to_odd(uint64_t n)
{
	return n >> 53 ? float_shift_sticky(n, 11) << 11 : n;
}

uint32_t lambda_float_from_unsigned(uint64_t n)
{
	n = float_round_to_odd(n);
	return lambda_float_from_double(lambda_double_from_unsigned(n));
}

uint32_t lambda_float_from_signed(int64_t n)
{
	uint32_t f;

	f = lambda_float_from_unsigned(n < 0 ? -(uint64_t)n : (uint64_t)n);
	return n < 0 ? f | 0x80000000u : f;
}

/* What is too large, or no number, gives the most negative one on x86-64. */
int64_t lambda_double_to_signed(uint64_t a)
{
	int shift = float_exponent(a) - BIAS - 52;
	uint64_t sig = (a & (ONE - 1)) | ONE;

	if (shift >= 11)
		return SIGN;
	if (shift < -52)
		return 0;
	sig = shift < 0 ? sig >> -shift : sig << shift;
	return a & SIGN ? -(int64_t)sig : (int64_t)sig;
}

int lambda_double_to_int(uint64_t a)
{
	int64_t n = lambda_double_to_signed(a);

	return n == (int)n ? (int)n : -0x7fffffff - 1;
}

uint64_t lambda_double_to_unsigned(uint64_t a)
{
	if (float_exponent(a) == BIAS + 63 && !(a & SIGN))
		return (a & (ONE - 1)) << 11 | SIGN;
	return lambda_double_to_signed(a);
}

uint64_t lambda_double_from_float(uint32_t f)
{
	uint64_t sign = (uint64_t)(f >> 31) << 63, sig = f & 0x7fffff;
	int exp = f >> 23 & 0xff;

	if (exp == 0xff)
		return sign | INFINITE | sig << 29 | (sig ? QUIET : 0);
	if (!exp)
		return float_pack_any(sign, BIAS - 126 + 39, sig);
	return sign | (uint64_t)(exp - 127 + BIAS) << 52 | sig << 29;
}

uint32_t lambda_float_from_double(uint64_t a)
{
	uint32_t sign = a >> 32 & 0x80000000u;
	int exp = float_exponent(a) - BIAS + 127, shift = 29;
	uint64_t sig = a & (ONE - 1), half, extra;

	if (float_is_nan(a))
		return sign | 0x7fc00000 | sig >> 29;
	if (exp >= 0xff)
		return sign | 0x7f800000;
	if (exp <= 0) {
		shift += 1 - exp;
		exp = 1;
		if (shift > 55)
			return sign;
	}
	sig |= ONE;
	half = 1ull << (shift - 1);
	extra = sig & (2 * half - 1);
	sig >>= shift;
	sig += extra + (sig & 1) > half;
	return sign + ((uint32_t)(exp - 1) << 23) + (uint32_t)sig;
}

/* Of which of the classes of llvm.is.fpclass is it? */
int lambda_double_class(uint64_t a)
{
	int negative = a >> 63;

	if (float_is_nan(a))
		return a & QUIET ? 2 : 1;
	if ((a & ~SIGN) == INFINITE)
		return negative ? 4 : 512;
	if (float_exponent(a))
		return negative ? 8 : 256;
	if (a & ~SIGN)
		return negative ? 16 : 128;
	return negative ? 32 : 64;
}

/* What is small for a float is not for a double: the exponent tells, as it is. */
int lambda_float_class(uint32_t f)
{
	uint64_t sign = (uint64_t)(f >> 31) << 63, exp = f >> 23 & 0xff;
	uint64_t sig = (uint64_t)(f & 0x7fffff) << 29;

	return lambda_double_class(sign | sig | (exp == 0xff ? INFINITE :
						 exp ? ONE : 0));
}
