// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said to a terminal that shows no UTF-8: the few letters beyond ASCII
 * that messages and tables have, in others.
 */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct {
	const char *letter, *ascii;
} letters[] = {
	{ "λ", "lambda" },
	{ "µ", "u" },
	{ "…", "..." },
};

/* The ASCII for the bytes at @at, of which it takes @len. */
static const char *speak_ascii_for(const char *at, size_t size, size_t *len)
{
	size_t i;

	for (i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		*len = strlen(letters[i].letter);
		if (*len <= size && !memcmp(at, letters[i].letter, *len))
			return letters[i].ascii;
	}
	*len = 1;
	while (*len < size && ((unsigned char)at[*len] & 0xc0) == 0x80)
		++*len;
	return "?";
}

unsigned int speak_ascii_width(const char *letter, size_t bytes)
{
	size_t len;

	return strlen(speak_ascii_for(letter, bytes, &len));
}

static int speak_ascii(int fd, const char *text, size_t size)
{
	size_t used = 0, len;
	int err = 0;

	while (used < size && !err) {
		const char *part = text + used;

		for (len = 0; used + len < size && !(part[len] & 0x80); len++)
			;
		err = write_whole(fd, part, len);
		if (!err && !len) {
			part = speak_ascii_for(part, size - used, &len);
			err = write_whole(fd, part, strlen(part));
		}
		used += len;
	}
	return err;
}

/* Whether what @fd leads to would show other letters as something else. */
static bool speak_wants_ascii(int fd)
{
	return isatty(fd) && strcmp(nl_langinfo(CODESET), "UTF-8");
}

int speak_whole(int fd, const char *text, size_t size)
{
	return speak_wants_ascii(fd) ? speak_ascii(fd, text, size) :
				       write_whole(fd, text, size);
}

static ssize_t speak_write_stdout(void *unused, const char *text, size_t size)
{
	int err = speak_ascii(STDOUT_FILENO, text, size);

	(void)unused;
	errno = -err;
	return err ? 0 : size;
}

void speak_guard_stdout(void)
{
	const cookie_io_functions_t functions = { .write = speak_write_stdout };
	FILE *stream = speak_wants_ascii(STDOUT_FILENO) ?
			       fopencookie(NULL, "w", functions) :
			       NULL;

	if (!stream)
		return;
	setvbuf(stream, NULL, _IOLBF, 65536);
	stdout = stream;
}
