/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that stay loaded: a folder in a BPF filesystem with the program, what
 * merges its outputs, and the object that it is from, in a map that nothing
 * changes any more. Who may read them runs the program, and needs no capability.
 */
#ifndef LAMBDA_CLI_PIN_H
#define LAMBDA_CLI_PIN_H

#include "cli.h"

/**
 * struct image - the bytes of an object
 * @bytes: of it
 * @size:  how many
 */
struct image {
	void *bytes;
	size_t size;
};

/* Reads an object, to be freed. Returns an exit code after it has said why not. */
int cli_pin_read_image(const char *path, struct image *image);

/**
 * cli_pin_make - let a program stay loaded
 * @path:   folder to make, in a BPF filesystem
 * @loaded: the program, with its handle
 * @image:  the object that it is from
 *
 * Return: 0, or an exit code after it has said why not, and removed what it made.
 */
int cli_pin_make(const char *path, const struct loaded *loaded,
		 const struct image *image);

/* Whether @path is a folder in a BPF filesystem. */
bool cli_pin_is_one(const char *path);

/**
 * cli_pin_open - open a program that stays loaded
 * @path:   the folder
 * @loaded: out: object and program, and descriptors of what is loaded
 *
 * Return: 0, or an exit code after it has said why not.
 */
int cli_pin_open(const char *path, struct loaded *loaded);

/* Makes a handle of what cli_pin_open() opened. Returns as loaded_load(). */
int cli_pin_load(struct loaded *loaded);

#endif /* LAMBDA_CLI_PIN_H */
