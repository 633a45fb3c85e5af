// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* sscanf(), with all conversions but %p. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 512		/* characters of a number with a width */

/**
 * struct conversion - one of scanf()
 * @skip:  nothing is stored
 * @width: characters, at most
 * @size:  bytes of a number
 * @kind:  the letter
 */
struct conversion {
	int skip;
	size_t width;
	int size;
	char kind;
};

static void scanf_store_integer(void *to, int size, unsigned long n)
{
	if (size == 1)
		*(char *)to = n;
	else if (size == 2)
		*(short *)to = n;
	else if (size == 4)
		*(int *)to = n;
	else
		*(long *)to = n;
}

static const char *scanf_read_conversion(const char *s, struct conversion *how)
{
	*how = (struct conversion) { .size = 4, .width = -1 };
	if (*s == '*') {
		how->skip = 1;
		s++;
	}
	if (isdigit((unsigned char)*s))
		how->width = strtoul(s, (char **)&s, 10);
	for (;; s++) {
		if (*s == 'h')
			how->size /= 2;
		else if (*s && strchr("lqjztL", *s))
			how->size = 8;
		else
			break;
	}
	how->kind = *s;
	return *s ? s + 1 : s;
}

/*
 * An exponent without digits belongs to a number as well, as glibc has it: the
 * text behind it.
 */
static char *scanf_skip_exponent(const char *text, char *end)
{
	int hexadecimal = strpbrk(text, "xX") && strpbrk(text, "xX") < end;
	const char *letters = hexadecimal ? "pP" : "eE";
	const char *before = strpbrk(text, letters);
	int digit = hexadecimal ? isxdigit((unsigned char)end[-1]) :
				  isdigit((unsigned char)end[-1]);

	if (!*end || !strchr(letters, *end) || before < end ||
	    (!digit && end[-1] != '.'))
		return end;
	return end + 1 + (end[1] == '+' || end[1] == '-');
}

/* No more of the text than the width says; what was read of it, or NULL. */
static const char *scanf_scan_number(const char *s,
				     const struct conversion *how, void *to)
{
	static const char kinds[] = "di.ou.xX";
	const char *kind = strchr(kinds, how->kind);
	char text[NUMBER_MAX], *end;
	size_t len = strnlen(s, how->width < NUMBER_MAX - 1 ? how->width :
						NUMBER_MAX - 1);
	unsigned long n;
	double d;

	__builtin_memcpy(text, s, len);
	text[len] = '\0';
	if (kind) {
		int base = how->kind == 'i' ? 0 : how->kind == 'o' ? 8 :
			   (how->kind | 32) == 'x' ? 16 : 10;

		n = how->kind == 'd' || how->kind == 'i' ?
		    (unsigned long)strtol(text, &end, base) :
		    strtoul(text, &end, base);
		if (end != text && to)
			scanf_store_integer(to, how->size, n);
	} else {
		d = strtod(text, &end);
		if (end != text && to && how->size == 8)
			*(double *)to = d;
		else if (end != text && to)
			*(float *)to = d;
		if (end != text)
			end = scanf_skip_exponent(text, end);
	}
	return end == text ? NULL : s + (end - text);
}

/* The set of %[ at @s, a flag for each byte; where it ends. */
static const char *scanf_read_set(const char *s, char *set)
{
	int negative = *s == '^', c;

	s += negative;
	__builtin_memset(set, negative, 256);
	do {
		c = (unsigned char)*s++;
		set[c] = !negative;
		if (*s == '-' && s[1] && s[1] != ']') {
			for (; c <= (unsigned char)s[1]; c++)
				set[c] = !negative;
			s += 2;
		}
	} while (*s && *s != ']');
	set[0] = 0;
	return *s ? s + 1 : s;
}

/* Characters of a set, or any that are no blanks, or so many. */
static const char *scanf_scan_text(const char *s, const struct conversion *how,
				   const char *set, char *to)
{
	size_t most = how->kind == 'c' && how->width == (size_t)-1 ?
		      1 : how->width;
	size_t i;

	for (i = 0; i < most && s[i]; i++) {
		if (how->kind == 's' && isspace((unsigned char)s[i]))
			break;
		if (how->kind == '[' && !set[(unsigned char)s[i]])
			break;
		if (to)
			to[i] = s[i];
	}
	if (!i || (how->kind == 'c' && i < most))
		return NULL;
	if (to && how->kind != 'c')
		to[i] = '\0';
	return s + i;
}

static const char *scanf_skip_blanks(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* One conversion; the text behind it, or NULL if it is not there. */
static const char *scanf_scan(const char *s, const struct conversion *how,
			      const char *set, void *to)
{
	if (strchr("sc[", how->kind))
		return scanf_scan_text(s, how, set, to);
	return scanf_scan_number(s, how, to);
}

int vsscanf(const char *s, const char *format, va_list args)
{
	const char *start = s;
	struct conversion how;
	char set[256];
	int count = 0;

	while (*format) {
		if (isspace((unsigned char)*format)) {
			format = scanf_skip_blanks(format);
			s = scanf_skip_blanks(s);
			continue;
		}
		if (*format != '%' || format[1] == '%') {
			if (*format == '%') {
				s = scanf_skip_blanks(s);
				format++;
			}
			if (!*s)
				return count ? count : EOF;
			if (*s++ != *format++)
				return count;
			continue;
		}
		format = scanf_read_conversion(format + 1, &how);
		if (how.kind == '[')
			format = scanf_read_set(format, set);
		if (how.kind == 'n') {
			scanf_store_integer(va_arg(args, void *), how.size,
					    s - start);
			continue;
		}
		if (how.kind != 'c' && how.kind != '[')
			s = scanf_skip_blanks(s);
		if (!*s)
			return count ? count : EOF;
		s = scanf_scan(s, &how, set,
			       how.skip ? NULL : va_arg(args, void *));
		if (!s)
			return count;
		count += !how.skip;
	}
	return count;
}

int sscanf(const char *s, const char *format, ...)
{
	va_list args;
	int count;

	va_start(args, format);
	count = vsscanf(s, format, args);
	va_end(args);
	return count;
}
