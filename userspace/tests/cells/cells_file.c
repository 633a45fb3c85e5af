// SPDX-License-Identifier: GPL-2.0-only
/* The file of a cell, and the right answer over it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <formats.h>

#include "cells.h"

/* Of a sparse file: so much is written at every so many bytes. */
#define ISLAND		4096u
#define ISLANDS		(4u << 20)

static void cells_file_need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/*
 * Memory of its own, so that nothing is left of it: what this process has when it
 * starts the command is told to be the command's.
 */
static void *cells_file_reserve(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	cells_file_need(p != MAP_FAILED, "memory");
	return p;
}

uint64_t cells_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Rows of a table, a few of them long. */
static void cells_file_text(uint64_t *state, char *to, size_t len)
{
	size_t at = 0, more;

	while (at < len) {
		uint64_t value = cells_random(state);
		char row[64];

		more = snprintf(row, sizeof(row), "row %u,%u,abc de",
				(unsigned int)(value % 100000),
				(unsigned int)(value >> 20) % 1000);
		if (more > len - at)
			more = len - at;
		memcpy(to + at, row, more);
		at += more;
		more = value >> 40 & 0xfff ? value >> 52 & 63 :
					     cells_random(state) % (3u << 20);
		if (more > len - at)
			more = len - at;
		memset(to + at, 'a' + value % 3, more);
		at += more;
		if (at < len)
			to[at++] = '\n';
	}
}

static void cells_file_bytes(uint64_t *state, char *to, size_t len)
{
	uint64_t value;
	size_t at, n;

	for (at = 0; at < len; at += n) {
		value = cells_random(state);
		n = len - at < 8 ? len - at : 8;
		memcpy(to + at, &value, n);
	}
}

static void cells_file_fill(const struct cell *cell, uint64_t *state, char *to,
			    size_t len)
{
	if (cell->subject->record == 1 || cell->subject->record == GREP_ROW)
		cells_file_text(state, to, len);
	else
		cells_file_bytes(state, to, len);
}

void cells_make_file(const struct cell *cell, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	size_t len = cell->sparse ? ISLAND : cell->size;
	uint64_t state = cell->content, at = 0;
	char *bytes = cells_file_reserve(len + 1);

	cells_file_need(fd >= 0 && !ftruncate(fd, cell->size), path);
	do {
		cells_file_fill(cell, &state, bytes, len);
		/* Of an island the last byte ends the line. */
		if (cell->sparse && cell->subject->lines)
			bytes[len - 1] = '\n';
		cells_file_need(pwrite(fd, bytes, len, at) == (ssize_t)len,
				path);
		at += ISLANDS;
	} while (cell->sparse && at + ISLAND < cell->size);
	munmap(bytes, len + 1);
	close(fd);
}

uint64_t cells_output_most(const struct cell *cell, uint64_t len)
{
	size_t record = cell->subject->record;

	/* Beside the lines, the first and the last one once more. */
	if (cell->subject->lines)
		return 3 * len + 4096;
	if (!record)
		return 4096 * (len / 2 + 1);
	if (record == sizeof(struct knn_row))
		return (len / record + 1) * sizeof(struct knn_out);
	if (record == GREP_ROW)
		return (len / record + 1) * sizeof(__s64);
	return sizeof(struct histogram_out);
}

static uint64_t cells_file_longest(const char *in, size_t len)
{
	const char *end = in + len, *next;
	size_t longest = 0;

	for (; in != end; in = next) {
		next = memchr(in, '\n', end - in);
		next = next ? next + 1 : end;
		if ((size_t)(next - in) > longest)
			longest = next - in;
	}
	return longest;
}

void cells_answer(const struct cell *cell, const char *path,
		  struct answer *answer)
{
	int fd = open(path, O_RDONLY);
	void *in = mmap(NULL, cell->size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	struct lambda_ctx ctx = {
		.in = (uintptr_t)in,
		.in_len = cell->size,
		.args = (uintptr_t)cell->subject->args,
		.args_len = cell->subject->args_len,
	};

	memset(answer, 0, sizeof(*answer));
	cells_file_need(fd >= 0 && in != MAP_FAILED, path);
	if (cell->subject->record || cell->size <= cell->batch) {
		answer->room = cells_output_most(cell, cell->size);
		answer->bytes = cells_file_reserve(answer->room);
		ctx.out = (uintptr_t)answer->bytes;
		ctx.out_cap = answer->room;
		answer->len = cell->subject->native(&ctx);
	}
	if (cell->subject->lines)
		answer->longest = cells_file_longest(in, cell->size);
	munmap(in, cell->size + 1);
	close(fd);
}

void cells_answer_free(struct answer *answer)
{
	if (answer->bytes)
		munmap(answer->bytes, answer->room);
}

bool cells_file_is(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	bool same;
	void *has;

	if (fd < 0 || fstat(fd, &st) || (size_t)st.st_size != len) {
		close(fd);
		return false;
	}
	has = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	same = has != MAP_FAILED && (!len || !memcmp(has, bytes, len));
	if (len)
		munmap(has, len);
	close(fd);
	return same;
}

void cells_read_said(const char *path, char *said, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t got = fd < 0 ? 0 : read(fd, said, size - 1);

	said[got > 0 ? got : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	close(fd);
}
