// SPDX-License-Identifier: GPL-2.0-only
// package: nanopb
// sources: pb_common.c pb_decode.c pb_encode.c
// flags: -I.
// input: text 128K
/* Writes a tree of messages and reads it, by functions that call themselves. */
#include <pb_decode.h>
#include <pb_encode.h>

#include "corpus.h"

/* A tree of messages, as its generator would describe it. */
typedef struct node {
	uint32_t id;
	double weight;
	pb_byte_t has_name;
	char name[16];
	pb_callback_t children;
} node;

#define NODE_FIELDLIST(X, a)				\
	X(a, STATIC, REQUIRED, UINT32, id, 1)		\
	X(a, STATIC, REQUIRED, DOUBLE, weight, 2)	\
	X(a, STATIC, OPTIONAL, STRING, name, 3)		\
	X(a, CALLBACK, REPEATED, MESSAGE, children, 4)
#define NODE_DEFAULT NULL
#define NODE_CALLBACK pb_default_field_callback
#define node_children_MSGTYPE node
#define node_FIELDLIST(X, a) NODE_FIELDLIST(X, a)
#define node_DEFAULT NODE_DEFAULT
#define node_CALLBACK NODE_CALLBACK

extern const pb_msgdesc_t node_msg;
#define node_fields (&node_msg)

PB_BIND(node, node, AUTO)

static int depth;

static bool write_children(pb_ostream_t *stream, const pb_field_t *field,
			   void *const *arg)
{
	node child = { .children.funcs.encode = write_children };
	int i;

	child.children.arg = *arg;
	if (depth == 5)
		return true;
	depth++;
	for (i = 0; i < 3; i++) {
		child.id = depth * 10 + i;
		child.weight = 1.0 / child.id;
		child.has_name = i & 1;
		child.name[0] = 'a' + i;
		if (!pb_encode_tag_for_field(stream, field) ||
		    !pb_encode_submessage(stream, node_fields, &child))
			return false;
	}
	depth--;
	return true;
}

static bool read_child(pb_istream_t *stream, const pb_field_t *field,
		       void **arg)
{
	node child = { .children.funcs.decode = read_child };

	(void)field;
	(void)arg;
	if (!pb_decode(stream, node_fields, &child))
		return false;
	put64(child.id);
	put(&child.weight, sizeof(child.weight));
	put(child.name, sizeof(child.name));
	return true;
}

static void work(const unsigned char *in, size_t len)
{
	static pb_byte_t bytes[65536];
	pb_ostream_t to = pb_ostream_from_buffer(bytes, sizeof(bytes));
	node top = { .id = len, .weight = *in, };
	pb_istream_t from;

	top.children.funcs.encode = write_children;
	put64(pb_encode(&to, node_fields, &top));
	put(bytes, to.bytes_written);
	from = pb_istream_from_buffer(bytes, to.bytes_written);
	top.children.funcs.decode = read_child;
	put64(pb_decode(&from, node_fields, &top));
}
