// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * stdio.h: there are no files, so what would go to one is only counted; into
 * memory, all of printf()'s conversions.
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "big.h"

/* Digits of a double: the whole part, and all of the fraction. */
#define WHOLE_MAX 320
#define FRACTION_MAX 1080
#define NUMBER_MAX 24		/* digits of an integer, in octal */

/**
 * struct output - where text goes
 * @to:   its place, unless it is full
 * @size: room there
 * @used: how long the text is, whether there was room or not
 */
struct output {
	char *to;
	size_t size;
	size_t used;
};

/**
 * struct conversion - one of printf()
 * @left:      to the left of its width
 * @plus:      a sign before positive numbers as well: '+', ' ' or 0
 * @form:      the other form, '#'
 * @zero:      filled up with zeros
 * @width:     characters, at least
 * @precision: digits or characters, -1 if it was not said
 * @size:      bytes of an integer
 * @kind:      the letter
 */
struct conversion {
	int left;
	char plus;
	int form;
	int zero;
	int width;
	int precision;
	int size;
	char kind;
};

static void printf_put(struct output *out, const char *text, size_t len)
{
	size_t room = out->used < out->size ? out->size - out->used : 0;

	__builtin_memcpy(out->to + (room ? out->used : 0), text,
			 len < room ? len : room);
	out->used += len;
}

static void printf_put_many(struct output *out, char c, int count)
{
	while (count-- > 0)
		printf_put(out, &c, 1);
}

/* Text with what comes before it, and zeros between, in its width. */
static void printf_put_field(struct output *out, const struct conversion *how,
			     const char *before, const char *text, int len,
			     int zeros)
{
	int head = strlen(before), fill = how->width - head - zeros - len;

	if (how->zero && !how->left && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!how->left)
		printf_put_many(out, ' ', fill);
	printf_put(out, before, head);
	printf_put_many(out, '0', zeros);
	printf_put(out, text, len);
	if (how->left)
		printf_put_many(out, ' ', fill);
}

static void printf_put_integer(struct output *out, struct conversion *how,
			       unsigned long n)
{
	static const char small[] = "0123456789abcdef";
	static const char large[] = "0123456789ABCDEF";
	const char *digits = how->kind == 'X' ? large : small;
	char text[NUMBER_MAX], before[3] = "", *s = text + NUMBER_MAX;
	int base = how->kind == 'o' ? 8 : 10, zeros, len;
	int is_signed = how->kind == 'd' || how->kind == 'i';

	if (how->kind == 'x' || how->kind == 'X' || how->kind == 'p')
		base = 16;
	if (is_signed && (long)n < 0) {
		before[0] = '-';
		n = -n;
	} else if (is_signed) {
		before[0] = how->plus;
	}
	if (base == 16 && n && how->form) {
		before[0] = '0';
		before[1] = how->kind == 'X' ? 'X' : 'x';
	}
	for (; n; n /= base)
		*--s = digits[n % base];
	len = text + NUMBER_MAX - s;
	/* A precision is the end of filling up with zeros. */
	if (how->precision >= 0)
		how->zero = 0;
	zeros = how->precision < 0 ? !len : how->precision - len;
	if (how->form && base == 8 && zeros <= 0)
		zeros = 1;
	printf_put_field(out, how, before, s, len, zeros > 0 ? zeros : 0);
}

/**
 * struct digits - all digits of a number
 * @text:  at first a zero, so that rounding up has room
 * @point: how many of them are before the point
 * @count: of all
 */
struct digits {
	char text[WHOLE_MAX + FRACTION_MAX];
	int point;
	int count;
};

static void printf_whole_digits(struct digits *d, struct big *n)
{
	char reversed[WHOLE_MAX];
	int count = 0, i;

	while (n->count) {
		uint32_t part = big_divide(n, 1000000000);

		for (i = 0; i < 9; i++, part /= 10)
			reversed[count++] = '0' + part % 10;
	}
	while (count && reversed[count - 1] == '0')
		count--;
	d->text[d->count++] = '0';
	while (count)
		d->text[d->count++] = reversed[--count];
	d->point = d->count;
}

/* What is left of n / 2^bits, ten times over and over. */
static void printf_fraction_digits(struct digits *d, struct big *n, int bits)
{
	unsigned int word = bits / 32, shift = bits % 32, i;

	while (n->count) {
		uint64_t top;

		big_multiply(n, 10, 0);
		top = word < n->count ? n->words[word] : 0;
		if (word + 1 < n->count)
			top |= (uint64_t)n->words[word + 1] << 32;
		d->text[d->count++] = '0' + (top >> shift);
		if (word < n->count) {
			n->words[word] &= (1ull << shift) - 1;
			n->count = word + 1;
		}
		for (i = n->count; i && !n->words[i - 1]; i--)
			;
		n->count = i;
	}
}

static void printf_find_digits(struct digits *d, double x)
{
	struct big whole = { 0 }, fraction = { 0 };
	int exp;
	uint64_t m = (uint64_t)ldexp(frexp(x, &exp), 53);

	exp -= 53;
	d->count = 0;
	/* The lowest bits of a small number are zeros. */
	for (; m && !(m & 1); m >>= 1)
		exp++;
	if (exp >= 0) {
		big_set(&whole, m);
		big_shift(&whole, exp);
	} else if (exp > -64) {
		big_set(&whole, m >> -exp);
		big_set(&fraction, m & ((1ull << -exp) - 1));
	} else {
		big_set(&fraction, m);
	}
	printf_whole_digits(d, &whole);
	if (exp < 0)
		printf_fraction_digits(d, &fraction, -exp);
}

/* Keeps @keep digits, to the nearest and even, and zeros behind what there is. */
static void printf_round_digits(struct digits *d, int keep)
{
	int i, up;

	if (keep < 0)
		keep = 0;
	if (keep < d->count) {
		up = d->text[keep] > '5';
		if (d->text[keep] == '5') {
			for (i = keep + 1; i < d->count; i++)
				up |= d->text[i] != '0';
			up |= keep && (d->text[keep - 1] & 1);
		}
		d->count = keep;
		for (i = keep; up && i--; ) {
			up = d->text[i] == '9';
			d->text[i] = up ? '0' : d->text[i] + 1;
		}
	}
	while (d->count < keep && d->count < (int)sizeof(d->text))
		d->text[d->count++] = '0';
}

/* The first digit that is none of the zeros at the start. */
static int printf_first_digit(const struct digits *d)
{
	int i = 0;

	while (i < d->count && d->text[i] == '0')
		i++;
	return i == d->count ? d->point - 1 : i;
}

static int printf_put_text(char *to, const char *from, int len, int most)
{
	int i;

	for (i = 0; i < len && i < most; i++)
		to[i] = from[i];
	return i;
}

/* As %f: @fraction digits behind the point. */
static int printf_fixed(char *text, struct digits *d, int fraction, int form)
{
	int first, len;

	printf_round_digits(d, d->point + fraction);
	first = printf_first_digit(d);
	first = first < d->point ? first : d->point - 1;
	len = printf_put_text(text, d->text + first, d->point - first,
			      WHOLE_MAX);
	if (fraction || form)
		text[len++] = '.';
	return len + printf_put_text(text + len, d->text + d->point, fraction,
				     FRACTION_MAX);
}

/* As %e: one digit before the point, @fraction behind it. */
static int printf_scientific(char *text, struct digits *d, int fraction,
			     int form, char letter)
{
	int first = printf_first_digit(d), exp, len = 0;

	printf_round_digits(d, first + 1 + fraction);
	/* Rounded up to one digit more. */
	if (printf_first_digit(d) < first)
		first = printf_first_digit(d);
	exp = d->point - 1 - first;
	text[len++] = d->text[first];
	if (fraction || form)
		text[len++] = '.';
	len += printf_put_text(text + len, d->text + first + 1, fraction,
			       FRACTION_MAX);
	text[len++] = letter;
	text[len++] = exp < 0 ? '-' : '+';
	exp = exp < 0 ? -exp : exp;
	if (exp >= 100)
		text[len++] = '0' + exp / 100;
	text[len++] = '0' + exp / 10 % 10;
	text[len++] = '0' + exp % 10;
	return len;
}

/* As %g: whichever of them is shorter, without zeros at its end. */
static int printf_general(char *text, struct digits *d, struct conversion *how)
{
	struct digits rounded = *d;
	int precision = how->precision ?: 1, first, exp, last;

	printf_round_digits(&rounded, printf_first_digit(d) + precision);
	first = printf_first_digit(&rounded);
	exp = rounded.point - 1 - first;
	if (!how->form) {
		for (last = first + precision - 1;
		     last > first && last < rounded.count &&
		     rounded.text[last] == '0'; last--)
			;
		precision = last >= rounded.count ? precision :
			    last - first + 1;
	}
	if (exp < -4 || exp >= (how->precision ?: 1))
		return printf_scientific(text, d, precision - 1, how->form,
					 how->kind == 'G' ? 'E' : 'e');
	precision -= 1 + exp;
	return printf_fixed(text, d, precision > 0 ? precision : 0, how->form);
}

/* %a: the bits as they are, to even where fewer digits are asked for. */
static int printf_hexadecimal(char *text, double x, struct conversion *how)
{
	const char *digits = how->kind == 'A' ? "0123456789ABCDEF" :
						"0123456789abcdef";
	int exp, count = 13, len = 0, i;
	uint64_t bits, half;

	__builtin_memcpy(&bits, &x, sizeof(bits));
	exp = bits >> 52 ? (int)(bits >> 52) - 1023 : bits ? -1022 : 0;
	bits = (bits & (1ull << 52) - 1) | (uint64_t)!!(bits >> 52) << 52;
	while (how->precision < 0 && count && !(bits >> (52 - 4 * count) & 15))
		count--;
	if (how->precision >= 0 && how->precision < 13) {
		count = how->precision;
		half = 1ull << (51 - 4 * count);
		bits += half - 1 + (bits >> (52 - 4 * count) & 1);
	}
	text[len++] = digits[bits >> 52];
	if (count || how->precision > 0 || how->form)
		text[len++] = '.';
	for (i = 1; i <= count; i++)
		text[len++] = digits[bits >> (52 - 4 * i) & 15];
	for (; i <= how->precision; i++)
		text[len++] = '0';
	text[len++] = how->kind + ('p' - 'a');
	text[len++] = exp < 0 ? '-' : '+';
	exp = exp < 0 ? -exp : exp;
	for (i = 1000; i; i /= 10)
		if (exp >= i || i == 1)
			text[len++] = '0' + exp / i % 10;
	return len;
}

static void printf_put_double(struct output *out, struct conversion *how,
			      double x)
{
	char text[WHOLE_MAX + FRACTION_MAX + 8];
	char before[4] = { signbit(x) ? '-' : how->plus };
	int hexadecimal = (how->kind | 32) == 'a';
	const char *word = isnan(x) ? "nan" : "inf";
	struct digits d;
	int len = 0;

	if (how->precision < 0 && !hexadecimal)
		how->precision = 6;
	if (how->precision > FRACTION_MAX - 8)
		how->precision = FRACTION_MAX - 8;
	x = fabs(x);
	if (!isfinite(x)) {
		how->zero = 0;
		for (len = 0; len < 3; len++)
			text[len] = isupper((unsigned char)how->kind) ?
				    word[len] & ~32 : word[len];
		printf_put_field(out, how, before, text, len, 0);
		return;
	}
	if (hexadecimal) {
		strcat(before, how->kind == 'A' ? "0X" : "0x");
		len = printf_hexadecimal(text, x, how);
		printf_put_field(out, how, before, text, len, 0);
		return;
	}
	printf_find_digits(&d, x);
	if (tolower((unsigned char)how->kind) == 'f')
		len = printf_fixed(text, &d, how->precision, how->form);
	else if (tolower((unsigned char)how->kind) == 'e')
		len = printf_scientific(text, &d, how->precision, how->form,
					how->kind);
	else
		len = printf_general(text, &d, how);
	printf_put_field(out, how, before, text, len, 0);
}

static void printf_put_string(struct output *out, struct conversion *how,
			      const char *s)
{
	size_t len;

	s = s ?: "(null)";
	len = how->precision < 0 ? strlen(s) : strnlen(s, how->precision);
	how->zero = 0;
	printf_put_field(out, how, "", s, len, 0);
}

/* A number in the format, or the next argument for an asterisk. */
static const char *printf_read_number(const char *s, va_list *args, int *n)
{
	if (*s == '*') {
		*n = va_arg(*args, int);
		return s + 1;
	}
	for (*n = 0; isdigit((unsigned char)*s); s++)
		*n = *n * 10 + *s - '0';
	return s;
}

static const char *printf_read_flags(const char *s, struct conversion *how)
{
	for (;; s++) {
		if (*s == '-')
			how->left = 1;
		else if (*s == '+')
			how->plus = '+';
		else if (*s == ' ')
			how->plus = how->plus ?: ' ';
		else if (*s == '#')
			how->form = 1;
		else if (*s == '0')
			how->zero = 1;
		else
			return s;
	}
}

static const char *printf_read_size(const char *s, struct conversion *how)
{
	for (how->size = 4;; s++) {
		if (*s == 'h')
			how->size /= 2;
		else if (*s && strchr("lqjzt", *s))
			how->size = 8;
		else if (*s != 'L')
			return s;
	}
}

static const char *printf_read_conversion(const char *s, struct conversion *how,
					  va_list *args)
{
	*how = (struct conversion) { .precision = -1 };
	s = printf_read_flags(s, how);
	s = printf_read_number(s, args, &how->width);
	if (how->width < 0) {
		how->left = 1;
		how->width = -how->width;
	}
	if (*s == '.')
		s = printf_read_number(s + 1, args, &how->precision);
	s = printf_read_size(s, how);
	how->kind = *s;
	return *s ? s + 1 : s;
}

static unsigned long printf_integer_argument(const struct conversion *how,
					     va_list *args)
{
	int is_signed = how->kind == 'd' || how->kind == 'i';
	unsigned long n;

	if (how->size == 8)
		return va_arg(*args, unsigned long);
	n = va_arg(*args, int);
	if (is_signed)
		return how->size == 4 ? n : how->size == 2 ?
		       (unsigned long)(short)n : (unsigned long)(signed char)n;
	return n & ((1ul << how->size * 8) - 1);
}

static void printf_convert(struct output *out, struct conversion *how,
			   va_list *args)
{
	void *address;
	char c;

	switch (how->kind) {
	case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
		printf_put_integer(out, how,
				   printf_integer_argument(how, args));
		break;
	case 'p':
		address = va_arg(*args, void *);
		how->form = 1;
		if (address)
			printf_put_integer(out, how, (unsigned long)address);
		else
			printf_put_string(out, how, "(nil)");
		break;
	case 'a': case 'A': case 'e': case 'E': case 'f': case 'F': case 'g':
	case 'G':
		printf_put_double(out, how, va_arg(*args, double));
		break;
	case 's':
		printf_put_string(out, how, va_arg(*args, const char *));
		break;
	case 'c':
		c = va_arg(*args, int);
		how->zero = 0;
		printf_put_field(out, how, "", &c, 1, 0);
		break;
	case 'n':
		*va_arg(*args, int *) = out->used;
		break;
	default:
		printf_put(out, &how->kind, how->kind != 0);
	}
}

int vsnprintf(char *s, size_t size, const char *format, va_list args)
{
	struct output out = { s, size ? size - 1 : 0, 0 };
	struct conversion how;
	va_list rest;

	va_copy(rest, args);
	while (*format) {
		size_t plain = strchrnul(format, '%') - format;

		printf_put(&out, format, plain);
		format += plain;
		if (!*format)
			break;
		format = printf_read_conversion(format + 1, &how, &rest);
		printf_convert(&out, &how, &rest);
	}
	va_end(rest);
	if (size)
		s[out.used < size ? out.used : size - 1] = '\0';
	return out.used;
}

int vsprintf(char *s, const char *format, va_list args)
{
	return vsnprintf(s, 0x7fffffff, format, args);
}

int snprintf(char *s, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(s, size, format, args);
	va_end(args);
	return len;
}

int sprintf(char *s, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsprintf(s, format, args);
	va_end(args);
	return len;
}

int printf(const char *format, ...)
{
	(void)format;
	return 0;
}

int fprintf(FILE *file, const char *format, ...)
{
	(void)file;
	(void)format;
	return 0;
}

int vprintf(const char *format, va_list args)
{
	(void)format;
	(void)args;
	return 0;
}

int vfprintf(FILE *file, const char *format, va_list args)
{
	(void)file;
	return vprintf(format, args);
}
