/* SPDX-License-Identifier: GPL-2.0-only */
/* Where objects are that are told by the name of their program. */
#ifndef LAMBDA_CLI_FIND_H
#define LAMBDA_CLI_FIND_H

#include <limits.h>

#include "cli.h"

#define OBJECT_SUFFIX	".bpf.o"

/**
 * find_folder - the folders that are looked into
 * @i:    which, from 0
 * @path: out: its name; it need not be there
 *
 * Return: false past the last.
 */
bool find_folder(unsigned int i, char path[PATH_MAX]);

/* Puts the path of what is at @name, seen from this command's folder, there. */
bool find_beside(const char *name, char path[PATH_MAX]);

/**
 * find_object - the object that is meant
 * @word: the name of a program, or a path
 * @path: out: a path
 *
 * A name with a slash in it is a path; another is one if it is no program's.
 *
 * Return: false if there is nothing of the name.
 */
bool find_object(const char *word, char path[PATH_MAX]);

/* Says that; returns an exit code. */
int find_nothing(const char *word);

#endif /* LAMBDA_CLI_FIND_H */
