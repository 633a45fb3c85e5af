// SPDX-License-Identifier: GPL-2.0-only
/* Argument blocks from the command line, output from requests. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char too_long[] = "the arguments are longer than 64 KiB";

static const char *args_add_bytes(struct block *block, const void *bytes,
				  size_t len)
{
	if (len > sizeof(block->bytes) - block->len)
		return too_long;
	memcpy(block->bytes + block->len, bytes, len);
	block->len += len;
	return NULL;
}

static const char *args_add_hex(struct block *block, const char *text)
{
	const char *why = NULL;

	for (; *text && !why; text += 2) {
		int high = cli_number_hex_digit(text[0]);
		int low = high < 0 ? -1 : cli_number_hex_digit(text[1]);
		unsigned char byte;

		if (low < 0)
			return "hex: wants pairs of hexadecimal digits";
		byte = high << 4 | low;
		why = args_add_bytes(block, &byte, 1);
	}
	return why;
}

static const char *args_add_file(struct block *block, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return strerror(errno);
	do {
		got = read(fd, block->bytes + block->len,
			   sizeof(block->bytes) - block->len);
		if (got > 0)
			block->len += got;
	} while (got > 0);
	if (got == 0 && block->len == sizeof(block->bytes)) {
		char more;

		got = read(fd, &more, 1);
	}
	close(fd);
	if (got > 0)
		return too_long;
	return got < 0 ? strerror(errno) : NULL;
}

/* @kind is u8 … u64 or i8 … i64; only the latter may be negative. */
static const char *args_add_number(struct block *block, const char *kind,
				   const char *text)
{
	bool is_signed = *kind == 'i', minus = is_signed && *text == '-';
	int bits = atoi(kind + 1);
	unsigned long long most = ~0ull >> (64 - bits), value;

	if (!cli_number_parse(text + minus, ~0ull, &value))
		return "not a number of 64 bits";
	if (is_signed)
		most = most / 2 + minus;
	if (value > most)
		return bits < 64 ? "the number does not fit its type" :
				   "not a number of 64 bits";
	if (minus)
		value = -value;
	return args_add_bytes(block, &value, bits / 8);
}

const char *args_add(struct block *block, const char *spec)
{
	static const char *const numbers[] = {
		"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64",
	};
	const char *colon = strchr(spec, ':');
	size_t len = colon ? colon - spec : 0, i;

	if (len == 3 && !strncmp(spec, "str", len))
		return args_add_bytes(block, colon + 1, strlen(colon + 1));
	if (len == 3 && !strncmp(spec, "hex", len))
		return args_add_hex(block, colon + 1);
	if (len == 4 && !strncmp(spec, "file", len))
		return args_add_file(block, colon + 1);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (len == strlen(numbers[i]) &&
		    !strncmp(spec, numbers[i], len))
			return args_add_number(block, numbers[i], colon + 1);
	return "not of the form str:, hex:, file:, u8: … u64: or i8: … i64:, such as u32:100";
}

