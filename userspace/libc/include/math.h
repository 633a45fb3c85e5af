/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_MATH_H
#define LAMBDA_MATH_H

#include <lambda_libc.h>

#define HUGE_VAL __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")

#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440

#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4

typedef float float_t;
typedef double double_t;

#define fpclassify(x) __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, \
					   FP_SUBNORMAL, FP_ZERO, x)
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf_sign(x)
#define isfinite(x) __builtin_isfinite(x)
#define isnormal(x) __builtin_isnormal(x)
#define signbit(x) __builtin_signbit(x)
#define isgreater(x, y) __builtin_isgreater(x, y)
#define isgreaterequal(x, y) __builtin_isgreaterequal(x, y)
#define isless(x, y) __builtin_isless(x, y)
#define islessequal(x, y) __builtin_islessequal(x, y)
#define islessgreater(x, y) __builtin_islessgreater(x, y)
#define isunordered(x, y) __builtin_isunordered(x, y)

/* These are exact, or rounded as IEEE 754 has it. */
double fabs(double x);
double copysign(double x, double y);
double sqrt(double x);
double floor(double x);
double ceil(double x);
double trunc(double x);
double round(double x);
double rint(double x);
double nearbyint(double x);
long lround(double x);
long long llround(double x);
long lrint(double x);
long long llrint(double x);
double fmod(double x, double y);
double fmin(double x, double y);
double fmax(double x, double y);
double fdim(double x, double y);
double ldexp(double x, int exp);
double scalbn(double x, int exp);
double frexp(double x, int *exp);
double modf(double x, double *whole);
int ilogb(double x);
double logb(double x);
double nan(const char *tag);
double nextafter(double x, double y);
double remainder(double x, double y);
double remquo(double x, double y, int *quotient);
double drem(double x, double y);
double scalbln(double x, long exp);
double fma(double x, double y, double z);

float fabsf(float x);
float copysignf(float x, float y);
float sqrtf(float x);
float floorf(float x);
float ceilf(float x);
float truncf(float x);
float roundf(float x);
float rintf(float x);
long lroundf(float x);
float fmodf(float x, float y);
float fminf(float x, float y);
float fmaxf(float x, float y);
float ldexpf(float x, int exp);
float frexpf(float x, int *exp);
float scalbnf(float x, int exp);
float modff(float x, float *whole);
float fdimf(float x, float y);
float nearbyintf(float x);
float nanf(const char *tag);
float nextafterf(float x, float y);
float remainderf(float x, float y);
float logbf(float x);
int ilogbf(float x);
long lrintf(float x);
long long llrintf(float x);
long long llroundf(float x);
float fmaf(float x, float y, float z);

/* These are rounded to nearest but once in some hundred cases. */
double sin(double x);
double cos(double x);
double tan(double x);
double asin(double x);
double acos(double x);
double atan(double x);
double sinh(double x);
double cosh(double x);
double tanh(double x);
double exp(double x);
double exp2(double x);
double expm1(double x);
double log(double x);
double log2(double x);
double log10(double x);
double log1p(double x);
double cbrt(double x);
double atan2(double y, double x);
double pow(double x, double y);
double hypot(double x, double y);

float sinf(float x);
float cosf(float x);
float tanf(float x);
float atanf(float x);
float expf(float x);
float logf(float x);
float log2f(float x);
float log10f(float x);
float atan2f(float y, float x);
float powf(float x, float y);
float hypotf(float x, float y);
float asinf(float x);
float acosf(float x);
float sinhf(float x);
float coshf(float x);
float tanhf(float x);
float exp2f(float x);
float expm1f(float x);
float log1pf(float x);
float cbrtf(float x);

/* These have thirteen digits, and of floats all. */
double asinh(double x);
double acosh(double x);
double atanh(double x);
double exp10(double x);
void sincos(double x, double *sine, double *cosine);
double erf(double x);
double erfc(double x);
double tgamma(double x);
double lgamma(double x);
double lgamma_r(double x, int *sign);

float asinhf(float x);
float acoshf(float x);
float atanhf(float x);
float exp10f(float x);
void sincosf(float x, float *sine, float *cosine);
float erff(float x);
float erfcf(float x);
float tgammaf(float x);
float lgammaf(float x);

/* A long double is a double. */
long double fabsl(long double x);
long double sqrtl(long double x);
long double floorl(long double x);
long double ceill(long double x);
long double truncl(long double x);
long double roundl(long double x);
long double rintl(long double x);
long double nearbyintl(long double x);
long double logbl(long double x);
long double sinl(long double x);
long double cosl(long double x);
long double tanl(long double x);
long double asinl(long double x);
long double acosl(long double x);
long double atanl(long double x);
long double sinhl(long double x);
long double coshl(long double x);
long double tanhl(long double x);
long double expl(long double x);
long double exp2l(long double x);
long double expm1l(long double x);
long double logl(long double x);
long double log2l(long double x);
long double log10l(long double x);
long double log1pl(long double x);
long double cbrtl(long double x);
long double asinhl(long double x);
long double acoshl(long double x);
long double atanhl(long double x);
long double erfl(long double x);
long double erfcl(long double x);
long double tgammal(long double x);
long double lgammal(long double x);
long double copysignl(long double x, long double y);
long double fmodl(long double x, long double y);
long double fminl(long double x, long double y);
long double fmaxl(long double x, long double y);
long double fdiml(long double x, long double y);
long double nextafterl(long double x, long double y);
long double remainderl(long double x, long double y);
long double atan2l(long double x, long double y);
long double powl(long double x, long double y);
long double hypotl(long double x, long double y);
long double ldexpl(long double x, int exp);
long double scalbnl(long double x, int exp);
long double frexpl(long double x, int *exp);
long double modfl(long double x, long double *whole);
long lroundl(long double x);
long lrintl(long double x);

#endif /* LAMBDA_MATH_H */
