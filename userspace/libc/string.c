// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* string.h. What a helper does, the helper does. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <libgen.h>
#include <string.h>

#include "helpers.h"

void *memcpy(void *dst, const void *src, size_t len)
{
	return __builtin_memcpy(dst, src, len);
}

void *mempcpy(void *dst, const void *src, size_t len)
{
	return (char *)__builtin_memcpy(dst, src, len) + len;
}

void *memmove(void *dst, const void *src, size_t len)
{
	return __builtin_memmove(dst, src, len);
}

void *memset(void *dst, int byte, size_t len)
{
	return __builtin_memset(dst, byte, len);
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	/* Few bytes are compared sooner than a helper is called. */
	if (__builtin_constant_p(len) && len <= 8) {
		while (len && *x == *y)
			x++, y++, len--;
		return len ? *x - *y : 0;
	}
	return lambda_memcmp(a, b, len);
}

void *memchr(const void *p, int byte, size_t len)
{
	return lambda_memchr(p, byte, len);
}

void *memrchr(const void *p, int byte, size_t len)
{
	const unsigned char *s = p;

	while (len--)
		if (s[len] == (unsigned char)byte)
			return (void *)(s + len);
	return NULL;
}

void *rawmemchr(const void *p, int byte)
{
	const unsigned char *s = p;

	while (*s != (unsigned char)byte)
		s++;
	return (void *)s;
}

void *memccpy(void *dst, const void *src, int byte, size_t len)
{
	const char *end = lambda_memchr(src, byte, len);
	size_t size = end ? (size_t)(end + 1 - (const char *)src) : len;

	lambda_memcpy(dst, src, size);
	return end ? (char *)dst + size : NULL;
}

void *memmem(const void *hay, size_t hay_len, const void *needle,
	     size_t needle_len)
{
	return lambda_memmem(hay, hay_len, needle, needle_len);
}

/* Is one of the eight bytes zero? Then its top bit is the lowest that is set. */
static uint64_t string_zero_byte(uint64_t v)
{
	return (v - 0x0101010101010101ull) & ~v & 0x8080808080808080ull;
}

/*
 * Words are read where they are aligned, because only then they do not reach
 * into a page that may be missing.
 */
size_t strlen(const char *s)
{
	const char *p = s;
	uint64_t zero;

	for (; (uintptr_t)p % 8; p++)
		if (!*p)
			return p - s;
	while (!(zero = string_zero_byte(*(const lambda_word *)p)))
		p += 8;
	while (*p)
		p++;
	return p - s;
}

size_t strnlen(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i])
		i++;
	return i;
}

char *stpcpy(char *dst, const char *src)
{
	size_t len = strlen(src);

	__builtin_memcpy(dst, src, len + 1);
	return dst + len;
}

char *strcpy(char *dst, const char *src)
{
	stpcpy(dst, src);
	return dst;
}

char *stpncpy(char *dst, const char *src, size_t len)
{
	size_t size = strnlen(src, len);

	__builtin_memcpy(dst, src, size);
	__builtin_memset(dst + size, 0, len - size);
	return dst + size;
}

char *strncpy(char *dst, const char *src, size_t len)
{
	stpncpy(dst, src, len);
	return dst;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t kept = len < size ? len : size - 1;

		__builtin_memcpy(dst, src, kept);
		dst[kept] = '\0';
	}
	return len;
}

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(dst, size);

	return len + strlcpy(dst + len, src, size - len);
}

char *strcat(char *dst, const char *src)
{
	stpcpy(dst + strlen(dst), src);
	return dst;
}

char *strncat(char *dst, const char *src, size_t len)
{
	char *end = dst + strlen(dst);
	size_t size = strnlen(src, len);

	__builtin_memcpy(end, src, size);
	end[size] = '\0';
	return dst;
}

int strncmp(const char *a, const char *b, size_t len)
{
	for (; len; a++, b++, len--)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	for (; *a == *b && *a; a++)
		b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int strcoll(const char *a, const char *b)
{
	return strcmp(a, b);
}

int strncasecmp(const char *a, const char *b, size_t len)
{
	for (; len; a++, b++, len--) {
		int difference = tolower((unsigned char)*a) -
				 tolower((unsigned char)*b);

		if (difference || !*a)
			return difference;
	}
	return 0;
}

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, SIZE_MAX);
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)found;
}

char *strstr(const char *hay, const char *needle)
{
	return lambda_memmem(hay, strlen(hay), needle, strlen(needle));
}

char *strcasestr(const char *hay, const char *needle)
{
	size_t len = strlen(needle);

	for (;; hay++) {
		if (!strncasecmp(hay, needle, len))
			return (char *)hay;
		if (!*hay)
			return NULL;
	}
}

/* Bytes from @s on that are among @set, or that are not. */
static size_t string_span(const char *s, const char *set, int among)
{
	uint64_t has[4] = { 0 };
	size_t i;

	for (; *set; set++)
		has[(unsigned char)*set / 64] |= 1ull << (*set & 63);
	for (i = 0; s[i]; i++)
		if ((has[(unsigned char)s[i] / 64] >> (s[i] & 63) & 1) !=
		    (uint64_t)among)
			break;
	return i;
}

size_t strspn(const char *s, const char *accept)
{
	return string_span(s, accept, 1);
}

size_t strcspn(const char *s, const char *reject)
{
	return string_span(s, reject, 0);
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

char *strtok_r(char *s, const char *separators, char **rest)
{
	char *end;

	s = s ? s : *rest;
	s += strspn(s, separators);
	end = s + strcspn(s, separators);
	*rest = end;
	if (end == s)
		return NULL;
	if (*end) {
		*end = '\0';
		*rest = end + 1;
	}
	return s;
}

char *strtok(char *s, const char *separators)
{
	static char *rest;

	return strtok_r(s, separators, &rest);
}

char *strsep(char **s, const char *separators)
{
	char *start = *s, *end;

	if (!start)
		return NULL;
	end = strpbrk(start, separators);
	if (end)
		*end++ = '\0';
	*s = end;
	return start;
}

char *strndup(const char *s, size_t len)
{
	size_t size = strnlen(s, len);
	char *copy = malloc(size + 1);

	if (copy) {
		__builtin_memcpy(copy, s, size);
		copy[size] = '\0';
	}
	return copy;
}

char *strdup(const char *s)
{
	return strndup(s, strlen(s));
}

/* By number, as other systems have them. */
static const char string_errors[][34] = {
	"Success", "Operation not permitted", "No such file or directory",
	"No such process", "Interrupted system call", "Input/output error",
	"No such device or address", "Argument list too long",
	"Exec format error", "Bad file descriptor", "No child processes",
	"Resource temporarily unavailable", "Cannot allocate memory",
	"Permission denied", "Bad address", "Block device required",
	"Device or resource busy", "File exists", "Invalid cross-device link",
	"No such device", "Not a directory", "Is a directory",
	"Invalid argument", "Too many open files in system",
	"Too many open files", "Inappropriate ioctl for device",
	"Text file busy", "File too large", "No space left on device",
	"Illegal seek", "Read-only file system", "Too many links",
	"Broken pipe", "Numerical argument out of domain",
	"Numerical result out of range",
};

/* Others are told by their number. */
char *strerror(int error)
{
	static char text[34];
	char digits[12];
	int at = sizeof(digits);
	unsigned int left = error < 0 ? -(unsigned int)error : error;

	if (error >= 0 &&
	    error < (int)(sizeof(string_errors) / sizeof(*string_errors)))
		return strcpy(text, string_errors[error]);
	digits[--at] = '\0';
	for (; left; left /= 10)
		digits[--at] = '0' + left % 10;
	if (error < 0)
		digits[--at] = '-';
	return strcat(strcpy(text, "Unknown error "), digits + at);
}

/* As glibc has it, which returns the text. */
char *strerror_r(int error, char *text, size_t size)
{
	strlcpy(text, strerror(error), size);
	return text;
}

char *strsignal(int number)
{
	(void)number;
	return "Unknown signal";
}

size_t strxfrm(char *dst, const char *src, size_t size)
{
	return strlcpy(dst, src, size);
}

void explicit_bzero(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

int ffsl(long n)
{
	return __builtin_ffsl(n);
}

int ffsll(long long n)
{
	return __builtin_ffsll(n);
}

/* The last part of a path, without slashes behind it. */
char *basename(char *path)
{
	size_t len = path ? strlen(path) : 0;

	if (!len)
		return ".";
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	while (len && path[len - 1] != '/')
		len--;
	return path[len] ? path + len : path;
}

/* What is before it. */
char *dirname(char *path)
{
	size_t len = path ? strlen(path) : 0;

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	if (!len)
		return ".";
	while (len > 1 && path[len - 1] == '/')
		len--;
	path[len] = '\0';
	return path;
}
