// SPDX-License-Identifier: GPL-2.0-only
/* JSON as it comes, a document on a line. */
#include <lambda.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* What harmless text has in it that JSON gives a meaning. */
static void json_put_quoted(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static void json_put_text(FILE *to, const char *text)
{
	size_t size = lambda_printable(text, NULL, 0) + 1;
	char *safe = malloc(size);

	if (safe)
		lambda_printable(text, safe, size);
	json_put_quoted(to, safe ?: "(out of memory)");
	free(safe);
}

/* What stands before a value. */
static void json_put_name(struct json *json, const char *name)
{
	if (json->inner)
		fputs(", ", json->to);
	json->inner = true;
	if (!name)
		return;
	json_put_text(json->to, name);
	fputs(": ", json->to);
}

void json_begin(struct json *json, const char *name, char bracket)
{
	json_put_name(json, name);
	fputc(bracket, json->to);
	json->inner = false;
}

void json_end(struct json *json, char bracket)
{
	fputc(bracket, json->to);
	json->inner = true;
}

void json_done(struct json *json)
{
	fputc('\n', json->to);
	json->inner = false;
}

void json_text(struct json *json, const char *name, const char *text)
{
	json_put_name(json, name);
	if (text)
		json_put_text(json->to, text);
	else
		fputs("null", json->to);
}

void json_count(struct json *json, const char *name, unsigned long long count)
{
	json_put_name(json, name);
	fprintf(json->to, "%llu", count);
}

void json_number(struct json *json, const char *name, long long number)
{
	json_put_name(json, name);
	fprintf(json->to, "%lld", number);
}

void json_flag(struct json *json, const char *name, bool flag)
{
	json_put_name(json, name);
	fputs(flag ? "true" : "false", json->to);
}

void json_real(struct json *json, const char *name, double number)
{
	json_put_name(json, name);
	if (isfinite(number))
		fprintf(json->to, "%.9g", number);
	else
		fputs("null", json->to);
}

void json_word(struct json *json, const char *name, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	/* A number does not begin with a 0 that means nothing. */
	if (digits && !text[digits] && (digits == 1 || *text != '0'))
		json_count(json, name, strtoull(text, NULL, 10));
	else
		json_text(json, name, text);
}
