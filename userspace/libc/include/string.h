/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_STRING_H
#define LAMBDA_STRING_H

#include <lambda_libc.h>

void *memcpy(void *dst, const void *src, size_t len);
void *mempcpy(void *dst, const void *src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *p, int byte, size_t len);
void *memrchr(const void *p, int byte, size_t len);
void *rawmemchr(const void *p, int byte);
void *memccpy(void *dst, const void *src, int byte, size_t len);
void *memmem(const void *hay, size_t hay_len, const void *needle,
	     size_t needle_len);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t len);
char *strcpy(char *dst, const char *src);
char *stpcpy(char *dst, const char *src);
char *strncpy(char *dst, const char *src, size_t len);
char *stpncpy(char *dst, const char *src, size_t len);
size_t strlcpy(char *dst, const char *src, size_t size);
size_t strlcat(char *dst, const char *src, size_t size);
char *strcat(char *dst, const char *src);
char *strncat(char *dst, const char *src, size_t len);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t len);
int strcoll(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strchrnul(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);
char *strcasestr(const char *hay, const char *needle);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept);
char *strtok(char *s, const char *separators);
char *strtok_r(char *s, const char *separators, char **rest);
char *strsep(char **s, const char *separators);
char *strdup(const char *s);
char *strndup(const char *s, size_t len);
char *strerror(int error);
char *strerror_r(int error, char *text, size_t size);
char *strsignal(int number);
size_t strxfrm(char *dst, const char *src, size_t size);
void explicit_bzero(void *p, size_t len);
int ffsl(long n);
int ffsll(long long n);

#endif /* LAMBDA_STRING_H */
