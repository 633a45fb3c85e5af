/* SPDX-License-Identifier: GPL-2.0-only */
/* What verbs say with --json, whose form lambda.schema.json has. */
#ifndef LAMBDA_CLI_JSON_H
#define LAMBDA_CLI_JSON_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct json - a document while it is written
 * @to:    where it goes
 * @inner: something stands before in the innermost object or array
 *
 * A document is one line. Members have names, elements of arrays and the whole
 * have NULL for one.
 */
struct json {
	FILE *to;
	bool inner;
};

/* The option, for the verbs that have it. */
#define JSON_OPTION							\
	{ "json", 'j', NULL, 0, "Print JSON, as lambda.schema.json describes it", 0 }

/* Begins an object with @bracket '{', or an array with '['. */
void json_begin(struct json *json, const char *name, char bracket);

/* Ends it, with '}' or ']'. */
void json_end(struct json *json, char bracket);

/* Ends a document that consists of what has been written. */
void json_done(struct json *json);

/* A text, made harmless as everywhere else; null if it is NULL. */
void json_text(struct json *json, const char *name, const char *text);

void json_count(struct json *json, const char *name, unsigned long long count);
void json_number(struct json *json, const char *name, long long number);
void json_flag(struct json *json, const char *name, bool flag);

/* Null if it is no finite number. */
void json_real(struct json *json, const char *name, double number);

/* A number if @text is decimal digits, else the text. */
void json_word(struct json *json, const char *name, const char *text);

#endif /* LAMBDA_CLI_JSON_H */
