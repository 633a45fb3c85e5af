// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What of stdio.h is about files: there are none. */
#include <stdio.h>
#include <stdlib.h>

int puts(const char *s)
{
	(void)s;
	return 0;
}

int fputs(const char *s, FILE *file)
{
	(void)file;
	return puts(s);
}

int putchar(int c)
{
	return (unsigned char)c;
}

int fputc(int c, FILE *file)
{
	(void)file;
	return putchar(c);
}

int putc(int c, FILE *file)
{
	return fputc(c, file);
}

int fgetc(FILE *file)
{
	(void)file;
	return EOF;
}

int getc(FILE *file)
{
	return fgetc(file);
}

int getchar(void)
{
	return EOF;
}

int ungetc(int c, FILE *file)
{
	(void)c;
	return fgetc(file);
}

char *fgets(char *s, int size, FILE *file)
{
	(void)s;
	(void)size;
	(void)file;
	return NULL;
}

FILE *fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	return NULL;
}

FILE *freopen(const char *path, const char *mode, FILE *file)
{
	(void)file;
	return fopen(path, mode);
}

FILE *tmpfile(void)
{
	return NULL;
}

int setvbuf(FILE *file, char *buf, int mode, size_t size)
{
	(void)file;
	(void)buf;
	(void)mode;
	(void)size;
	return 0;
}

int remove(const char *path)
{
	(void)path;
	return -1;
}

int rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	return -1;
}

int fclose(FILE *file)
{
	return fgetc(file);
}

int fflush(FILE *file)
{
	(void)file;
	return 0;
}

size_t fread(void *p, size_t size, size_t count, FILE *file)
{
	(void)p;
	(void)size;
	(void)count;
	(void)file;
	return 0;
}

/* What is printed is lost, which is no error. */
size_t fwrite(const void *p, size_t size, size_t count, FILE *file)
{
	(void)p;
	(void)size;
	(void)file;
	return count;
}

int fseek(FILE *file, long offset, int whence)
{
	(void)offset;
	(void)whence;
	return fgetc(file);
}

long ftell(FILE *file)
{
	return fgetc(file);
}

void rewind(FILE *file)
{
	(void)file;
}

int feof(FILE *file)
{
	(void)file;
	return 1;
}

int ferror(FILE *file)
{
	(void)file;
	return 0;
}

void perror(const char *s)
{
	puts(s);
}

void clearerr(FILE *file)
{
	(void)file;
}

void setbuf(FILE *file, char *buf)
{
	(void)file;
	(void)buf;
}

int fileno(FILE *file)
{
	(void)file;
	return -1;
}

FILE *fdopen(int fd, const char *mode)
{
	(void)fd;
	return fopen(NULL, mode);
}

int scanf(const char *format, ...)
{
	(void)format;
	return EOF;
}

int fscanf(FILE *file, const char *format, ...)
{
	(void)file;
	(void)format;
	return EOF;
}

ssize_t getdelim(char **text, size_t *size, int end, FILE *file)
{
	(void)text;
	(void)size;
	(void)end;
	return fgetc(file);
}

ssize_t getline(char **text, size_t *size, FILE *file)
{
	return getdelim(text, size, '\n', file);
}

int vasprintf(char **ret, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	*ret = len < 0 ? NULL : malloc(len + 1);
	return *ret ? vsnprintf(*ret, len + 1, format, args) : -1;
}

int asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(ret, format, args);
	va_end(args);
	return len;
}

int dprintf(int fd, const char *format, ...)
{
	va_list args;
	int len;

	(void)fd;
	va_start(args, format);
	len = vprintf(format, args);
	va_end(args);
	return len;
}
