// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The ten most frequent words: a table, malloc(), and qsort() with a callback. */
#include <ctype.h>
#include <lambda_bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
	struct word *next;
	unsigned long count;
	size_t len;
	char text[];
};

static struct word *table[1024];
static size_t nr_words;

static void count(const char *text, size_t len)
{
	struct word **at, *word;
	unsigned int hash = 0;
	size_t i;

	for (i = 0; i < len; i++)
		hash = hash * 31 + text[i];
	for (at = &table[hash % 1024]; *at; at = &(*at)->next) {
		if ((*at)->len == len && !memcmp((*at)->text, text, len)) {
			(*at)->count++;
			return;
		}
	}
	word = calloc(1, sizeof(*word) + len + 1);
	if (!word)
		abort();
	memcpy(word->text, text, len);
	word->len = len;
	word->count = 1;
	*at = word;
	nr_words++;
}

static int by_count(const void *a, const void *b)
{
	const struct word *x = *(struct word *const *)a;
	const struct word *y = *(struct word *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

static size_t report(char *out, size_t room)
{
	struct word **all = malloc(nr_words * sizeof(*all)), *word;
	size_t n = 0, used = 0, i;

	if (!all)
		abort();
	for (i = 0; i < 1024; i++)
		for (word = table[i]; word; word = word->next)
			all[n++] = word;
	qsort(all, n, sizeof(*all), by_count);
	for (i = 0; i < n && i < 10 && used < room; i++)
		used += snprintf(out + used, room - used, "%lu %s\n",
				 all[i]->count, all[i]->text);
	return used < room ? used : room;
}

LAMBDA_PROGRAM(words)(struct lambda_ctx *ctx)
{
	const char *in = lambda_in(ctx);
	size_t i, start = 0;

	for (i = 0; i <= ctx->in_len; i++) {
		if (i < ctx->in_len && isalpha((unsigned char)in[i]))
			continue;
		if (i > start)
			count(in + start, i - start);
		start = i + 1;
	}
	return report(lambda_out(ctx), ctx->out_cap);
}
