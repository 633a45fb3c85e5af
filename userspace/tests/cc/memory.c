// SPDX-License-Identifier: GPL-2.0-only
/* The heap, sorting, searching; stdlib.h before lambda_bpf.h. */
#include <stdlib.h>
#include <string.h>

#include "native.h"

struct row { int key, place; };

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static int backwards(const void *a, const void *b)
{
	return *(const unsigned char *)b - *(const unsigned char *)a;
}

struct node { struct node *left, *right; int key; };

static void program(const unsigned char *in, size_t len)
{
	struct node *root = NULL, *node, **at;
	struct row *rows = malloc(len * sizeof(*rows)), *found, key;
	unsigned char *sorted;
	char *text = NULL;
	void *blocks[64] = { 0 };
	size_t i, used = 0;

	for (i = 0; i < len; i++)
		rows[i] = (struct row) { in[i], i };
	qsort(rows, len, sizeof(*rows), by_key);
	put(rows, len * sizeof(*rows) < 8000 ? len * sizeof(*rows) : 8000);
	for (key.key = 0; key.key < 128; key.key++) {
		found = bsearch(&key, rows, len, sizeof(*rows), by_key);
		put64(found ? found->key : -1);
	}
	free(rows);
	sorted = calloc(len, 1);
	for (i = 0; i < len; i++)
		put64(sorted[i]);
	memcpy(sorted, in, len);
	qsort(sorted, len, 1, backwards);
	put(sorted, 100);
	free(sorted);
	for (i = 0; i < len; i++) {
		for (at = &root; *at && (*at)->key != in[i];
		     at = in[i] < (*at)->key ? &(*at)->left : &(*at)->right)
			;
		if (*at)
			continue;
		node = malloc(sizeof(*node));
		*node = (struct node) { .key = in[i] };
		*at = node;
	}
	for (node = root; node; node = node->left)
		put64(node->key);
	for (i = 0; i < len; i++) {
		text = realloc(text, used + 2);
		text[used++] = in[i];
		text[used] = '\0';
	}
	put64(strlen(text));
	put(text + used - 10, 10);
	free(text);
	/* Blocks do not lie over each other, whatever the order is. */
	for (i = 0; i < 20000; i++) {
		unsigned int k = (i * 7919 + in[i % len]) % 64;
		size_t size = i * 31 % 777;

		if (blocks[k]) {
			put64(i % 1000 ? 0 : *(int *)blocks[k]);
			free(blocks[k]);
			blocks[k] = NULL;
		} else {
			blocks[k] = malloc(size + 4);
			memset(blocks[k], k, size + 4);
		}
	}
	for (i = 0; i < 64; i++)
		put64(blocks[i] ? *(int *)blocks[i] : 0);
	put64(abs(-3) + labs(-4) + div(-7, 2).rem + (malloc(0) ? 1 : 1));
}
