/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_STDIO_H
#define LAMBDA_STDIO_H

#include <lambda_libc.h>
#include <stdarg.h>
#include <sys/types.h>

#define EOF (-1)
#define BUFSIZ 1024
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2
#define L_tmpnam 20
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

typedef struct lambda_file FILE;

/* There are no files: what is printed is lost, and nothing can be opened. */
#define stdin ((FILE *)0)
#define stdout ((FILE *)0)
#define stderr ((FILE *)0)

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int vprintf(const char *format, va_list args);
int vfprintf(FILE *file, const char *format, va_list args);
int puts(const char *s);
int fputs(const char *s, FILE *file);
int putchar(int c);
int putc(int c, FILE *file);
int fputc(int c, FILE *file);
int getc(FILE *file);
int fgetc(FILE *file);
int getchar(void);
int ungetc(int c, FILE *file);
char *fgets(char *s, int size, FILE *file);
FILE *fopen(const char *path, const char *mode);
FILE *freopen(const char *path, const char *mode, FILE *file);
FILE *tmpfile(void);
int setvbuf(FILE *file, char *buf, int mode, size_t size);
int remove(const char *path);
int rename(const char *from, const char *to);
int fclose(FILE *file);
int fflush(FILE *file);
size_t fread(void *p, size_t size, size_t count, FILE *file);
size_t fwrite(const void *p, size_t size, size_t count, FILE *file);
int fseek(FILE *file, long offset, int whence);
long ftell(FILE *file);
void rewind(FILE *file);
int feof(FILE *file);
int ferror(FILE *file);
void perror(const char *s);
void clearerr(FILE *file);
void setbuf(FILE *file, char *buf);
int fileno(FILE *file);
FILE *fdopen(int fd, const char *mode);
int dprintf(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int scanf(const char *format, ...) __attribute__((format(scanf, 1, 2)));
int fscanf(FILE *file, const char *format, ...)
	__attribute__((format(scanf, 2, 3)));
ssize_t getline(char **text, size_t *size, FILE *file);
ssize_t getdelim(char **text, size_t *size, int end, FILE *file);

/* Into memory, they do as elsewhere. */
int sprintf(char *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int snprintf(char *s, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int vsprintf(char *s, const char *format, va_list args);
int asprintf(char **ret, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int vasprintf(char **ret, const char *format, va_list args);
int sscanf(const char *s, const char *format, ...)
	__attribute__((format(scanf, 2, 3)));
int vsscanf(const char *s, const char *format, va_list args);
int vsnprintf(char *s, size_t size, const char *format, va_list args);

#endif /* LAMBDA_STDIO_H */
