// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads the text of a profile. One table says what there is. */
#include "fw_limits.h"
#include "fw_profile.h"

enum fw_key_kind { FW_KEY_BOOL, FW_KEY_U32, FW_KEY_U64 };

struct fw_key {
	const char *name;
	u16 offset;
	u8 kind;
	bool optional;
	u32 scale;
	u64 min;
	u64 max;
};

#define FW_MEGA		1000000u

#define FW_KEY(field, kind, scale, min, max, optional) \
	{ #field, offsetof(struct fw_profile, field), kind, optional, \
	  scale, min, max }
#define FW_RATE(key, field) \
	{ key, offsetof(struct fw_profile, field), FW_KEY_U64, false, \
	  FW_MEGA, FW_RATE_MIN / FW_MEGA, FW_RATE_MAX / FW_MEGA }
#define FW_TIME(field, min)	FW_KEY(field, FW_KEY_U64, 1, min, FW_LATENCY_MAX, \
					       0)

static const struct fw_key fw_keys[] = {
	FW_KEY(timing, FW_KEY_BOOL, 1, 0, 1, true),
	FW_KEY(pipeline, FW_KEY_BOOL, 1, 0, 1, true),
	FW_KEY(dilation, FW_KEY_U32, 1, 1, FW_DILATION_MAX, true),
	FW_TIME(command_ns, 0),
	FW_KEY(channels, FW_KEY_U32, 1, 1, FW_CHANNELS_MAX, false),
	FW_KEY(stripe, FW_KEY_U32, 1, FW_PAGE, FW_STRIPE_MAX, false),
	FW_RATE("media_read_mbps", media_read_bps),
	FW_RATE("media_write_mbps", media_write_bps),
	FW_TIME(media_read_ns, 0),
	FW_TIME(media_write_ns, 0),
	FW_TIME(media_flush_ns, 0),
	FW_RATE("link_mbps", link_bps),
	FW_TIME(link_ns, 0),
	FW_KEY(cores, FW_KEY_U32, 1, 1, FW_CORES_MAX, false),
	FW_RATE("core_mips", core_ips),
	FW_RATE("helper_mbps", helper_bps),
	FW_TIME(slice_ns, FW_SLICE_MIN),
};

/* What is left of the text, and of the line being read. */
struct fw_text {
	const char *p;
	size_t len;
};

static bool fw_profile_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct fw_text fw_profile_trim(struct fw_text t)
{
	while (t.len && fw_profile_is_space(t.p[0])) {
		t.p++;
		t.len--;
	}
	while (t.len && fw_profile_is_space(t.p[t.len - 1]))
		t.len--;
	return t;
}

static bool fw_profile_text_is(struct fw_text t, const char *s)
{
	return t.len == strlen(s) && !memcmp(t.p, s, t.len);
}

/* Cuts @t at the first @c; what stands behind it goes to @rest. */
static bool fw_profile_cut(struct fw_text *t, char c, struct fw_text *rest)
{
	const char *at = t->len ? memchr(t->p, c, t->len) : NULL;

	if (!at) {
		*rest = (struct fw_text){ t->p + t->len, 0 };
		return false;
	}
	rest->p = at + 1;
	rest->len = t->len - (at + 1 - t->p);
	t->len = at - t->p;
	return true;
}

static const struct fw_key *fw_profile_find_key(struct fw_text name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(fw_keys); i++)
		if (fw_profile_text_is(name, fw_keys[i].name))
			return &fw_keys[i];
	return NULL;
}

static bool fw_profile_read_number(struct fw_text t, u64 max, u64 *ret)
{
	u64 n = 0;

	if (!t.len)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
		n = n * 10 + (t.p[i] - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return true;
}

static bool fw_profile_read_value(const struct fw_key *key, struct fw_text t,
				  u64 *ret)
{
	if (key->kind == FW_KEY_BOOL) {
		*ret = fw_profile_text_is(t, "on");
		return *ret || fw_profile_text_is(t, "off");
	}
	return fw_profile_read_number(t, key->max, ret) && *ret >= key->min;
}

static void fw_profile_store(struct fw_profile *p, const struct fw_key *key,
			     u64 value)
{
	void *field = (u8 *)p + key->offset;

	if (key->kind == FW_KEY_BOOL)
		*(bool *)field = value;
	else if (key->kind == FW_KEY_U32)
		*(u32 *)field = value;
	else
		*(u64 *)field = value * key->scale;
}

/* Returns NULL, or what is wrong with the line. */
static const char *fw_profile_read_line(struct fw_profile *p,
					struct fw_text line, u32 *seen)
{
	struct fw_text rest, value;
	const struct fw_key *key;
	u64 n = 0;

	fw_profile_cut(&line, '#', &rest);
	line = fw_profile_trim(line);
	if (!line.len)
		return NULL;
	if (!fw_profile_cut(&line, '=', &value))
		return "not of the form `key = value`";
	key = fw_profile_find_key(fw_profile_trim(line));
	if (!key)
		return "unknown key";
	if (*seen & 1u << (key - fw_keys))
		return "key given twice";
	if (!fw_profile_read_value(key, fw_profile_trim(value), &n))
		return "value out of range, or not of the key's kind";
	*seen |= 1u << (key - fw_keys);
	fw_profile_store(p, key, n);
	return NULL;
}

static int fw_profile_missing(u32 seen, struct fw_profile_error *err)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(fw_keys); i++) {
		if (fw_keys[i].optional || (seen & 1u << i))
			continue;
		err->line = 0;
		err->why = fw_keys[i].name;
		return -1;
	}
	return 0;
}

int fw_profile_parse(struct fw_profile *p, const char *text, size_t len,
		     struct fw_profile_error *err)
{
	struct fw_text line = { text, len }, rest;
	u32 seen = 0;

	FW_ASSERT(FW_ARRAY_SIZE(fw_keys) <= 32, "one bit each in seen");
	*p = (struct fw_profile){ .timing = true, .dilation = 1 };
	for (err->line = 1; line.len; err->line++) {
		fw_profile_cut(&line, '\n', &rest);
		err->why = fw_profile_read_line(p, line, &seen);
		if (err->why)
			return -1;
		line = rest;
	}
	return fw_profile_missing(seen, err);
}
