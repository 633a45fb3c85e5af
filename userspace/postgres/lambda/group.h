/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Aggregates. The rows of a page are kept until its end, and forgotten if the
 * page is left after all.
 */
#ifndef PGL_GROUP_H
#define PGL_GROUP_H

#include "tuple.h"

static inline void pgl_group_key_begin(struct pgl_page *page)
{
	__u64 *key = (void *)page->key;

	page->key_len = 0;
	key[0] = 0;
	key[1] = 0;
	key[2] = 0;
	key[3] = 0;
}

PGL_CALLED void pgl_group_key_number(struct pgl_tuple *t, struct pgl_page *page,
				     __s64 value)
{
	if (lambda_rarely(page->key_len + 9 > PGL_KEY_BYTES)) {
		pgl_tuple_leave(t, PGL_KEY);
		return;
	}
	page->key[page->key_len] = 1;
	*(pgl_u64 *)(page->key + page->key_len + 1) = value;
	page->key_len += 9;
}

PGL_CALLED void pgl_group_key_text(struct pgl_tuple *t, struct pgl_page *page,
				   const __u8 *s, __u32 len)
{
	if (lambda_rarely(page->key_len + len >= PGL_KEY_BYTES)) {
		pgl_tuple_leave(t, PGL_KEY);
		return;
	}
	page->key[page->key_len] = len + 2;
	if (len == 1)
		page->key[page->key_len + 1] = *s;
	else if (len)
		memcpy(page->key + page->key_len + 1, s, len);
	page->key_len += len + 1;
}

PGL_CALLED void pgl_group_key_null(struct pgl_tuple *t, struct pgl_page *page)
{
	if (lambda_rarely(page->key_len >= PGL_KEY_BYTES))
		pgl_tuple_leave(t, PGL_KEY);
	else
		page->key[page->key_len++] = 0;
}

static inline __u32 pgl_group_key_hash(const __u8 *key)
{
	const __u64 *k = (const void *)key;
	__u64 hash = k[0];

	hash = hash * 0x9e3779b97f4a7c15 + k[1];
	hash = hash * 0x9e3779b97f4a7c15 + k[2];
	hash = hash * 0x9e3779b97f4a7c15 + k[3];
	return hash * 0x9e3779b97f4a7c15 >> 40;
}

static inline int pgl_group_key_is(const struct pgl_group *group,
				   const __u8 *key)
{
	const __u64 *a = (const void *)group->key, *b = (const void *)key;

	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static inline void pgl_group_begin(struct pgl_group *group,
				   const struct pgl_page *page)
{
	memcpy(group->key, page->key, PGL_KEY_BYTES);
	group->key_len = page->key_len;
	for (__u32 i = 0; i < PGL_VALUES; i++) {
		group->value[i].min = 0x7fffffffffffffff;
		group->value[i].max = -0x7fffffffffffffff - 1;
	}
}

/* Index of the group whose key was put together, which begins at slot @at. */
static inline __u32 pgl_group_find_from(struct pgl_tuple *t,
					struct pgl_page *page, __u32 at)
{
	while (page->slot[at]) {
		if (pgl_group_key_is(&page->group[page->slot[at] - 1],
				     page->key))
			return page->slot[at] - 1;
		at = (at + 1) & (PGL_SLOTS - 1);
	}
	if (lambda_rarely(page->ngroups == PGL_GROUPS))
		return pgl_tuple_leave(t, PGL_KEY), 0;
	pgl_group_begin(&page->group[page->ngroups], page);
	page->slot[at] = ++page->ngroups;
	return page->ngroups - 1;
}

/* A short key is a word, and its length tells it from others. */
static inline __u32 pgl_group_find(struct pgl_tuple *t, struct pgl_page *page)
{
	__u64 word = *(const __u64 *)page->key;
	const struct pgl_group *group;
	__u32 at;

	if (page->key_len > sizeof(word))
		return pgl_group_find_from(t, page,
					   pgl_group_key_hash(page->key) &
					      (PGL_SLOTS - 1));
	at = word * 0x9e3779b97f4a7c15 >> 40 & (PGL_SLOTS - 1);
	group = &page->group[page->slot[at] - 1];
	if (page->slot[at] && *(const __u64 *)group->key == word &&
	    group->key_len == page->key_len)
		return page->slot[at] - 1;
	return pgl_group_find_from(t, page, at);
}

static inline void pgl_group_add_value(struct pgl_value *value, __s64 x,
				       int extreme)
{
	__u64 lo = value->sum_lo + x;

	value->sum_hi += x >> 63;
	if (lo < (__u64)x)
		value->sum_hi++;
	value->sum_lo = lo;
	value->count++;
	if (!extreme)
		return;
	if (x < value->min)
		value->min = x;
	if (x > value->max)
		value->max = x;
}

/*
 * The page was gone through to its end: its rows count. Of values that no bit of
 * @extremes is for nothing asks for the least and the greatest.
 */
static inline void pgl_group_commit(struct pgl_page *page, __u32 values,
				    __u32 extremes)
{
	const struct pgl_staged *row = page->staged;
	const struct pgl_staged *end = row + page->nstaged;

	for (; row < end; row++) {
		struct pgl_group *group = &page->group[row->group];

		group->count++;
		for (__u32 i = 0; i < values; i++)
			if (row->present >> i & 1)
				pgl_group_add_value(&group->value[i],
						    row->value[i],
						    extremes >> i & 1);
	}
	page->nstaged = 0;
}

#endif /* PGL_GROUP_H */
