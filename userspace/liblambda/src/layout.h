/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What an object declares of its arguments and its output. */
#ifndef LAMBDA_SRC_LAYOUT_H
#define LAMBDA_SRC_LAYOUT_H

#include <lambda.h>
#include <stdbool.h>

/**
 * struct lambda_fields - a layout, and what it is made of
 * @declared: there is one
 * @layout:   it
 * @fields:   its fields
 * @texts:    what was allocated for their names and values
 * @nr_texts: how many of those
 */
struct lambda_fields {
	bool declared;
	struct lambda_layout layout;
	struct lambda_field *fields;
	char **texts;
	size_t nr_texts;
};

#endif /* LAMBDA_SRC_LAYOUT_H */
