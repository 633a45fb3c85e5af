// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The bytes of the drive. */
#include "media.h"

enum fw_id_purpose { FW_ID_NGUID = 1, FW_ID_UUID = 2 };

/* FNV-1a over one byte. */
static u64 fw_media_hash(u64 h, u8 byte)
{
	return (h ^ byte) * 0x100000001b3ull;
}

/* 16 bytes from the serial, a namespace (0: the drive) and a purpose. */
static void fw_media_id(u8 id[16], const char *serial, u32 nsid, u8 purpose)
{
	u64 h = fw_media_hash(0xcbf29ce484222325ull, purpose);

	for (; *serial; serial++)
		h = fw_media_hash(h, *serial);
	h = fw_media_hash(h, nsid);
	for (u32 i = 0; i < 16; i++) {
		h = fw_media_hash(h, i);
		id[i] = h >> 32;
	}
}

/* Version 8 of RFC 9562: made up by its maker. */
static void fw_media_uuid(u8 id[16], const char *serial, u32 nsid)
{
	fw_media_id(id, serial, nsid, FW_ID_UUID);
	id[6] = (id[6] & 0x0f) | 0x80;
	id[8] = (id[8] & 0x3f) | 0x80;
}

void fw_media_init(struct fw_media *m, const struct fw_config *cfg,
		   const struct fw_hal *hal)
{
	u64 start = 0;

	m->hal = hal;
	m->nr_ns = cfg->nr_ns;
	m->soiled = 1;
	fw_media_uuid(m->uuid, cfg->serial, 0);
	for (u32 i = 0; i < cfg->nr_ns; i++) {
		struct fw_ns *ns = &m->ns[i];

		ns->start = start;
		ns->bytes = cfg->ns[i].bytes;
		ns->shift = cfg->ns[i].lba_shift;
		fw_media_id(ns->nguid, cfg->serial, i + 1, FW_ID_NGUID);
		fw_media_uuid(ns->uuid, cfg->serial, i + 1);
		start += ns->bytes;
	}
}

const struct fw_ns *fw_media_ns(const struct fw_media *m, u32 nsid)
{
	return nsid && nsid <= m->nr_ns ? &m->ns[nsid - 1] : NULL;
}

bool fw_media_ns_has(const struct fw_ns *ns, u64 at, u64 len)
{
	return at <= ns->bytes && len <= ns->bytes - at;
}

static bool fw_media_op_writes(const struct fw_op *op)
{
	return op->kind == FW_OP_WRITE || op->kind == FW_OP_ZERO ||
	       op->kind == FW_OP_TRIM;
}

/* The least range that has all its places in it. */
static void fw_media_op_span(struct fw_op *op)
{
	op->from = op->nr_segs ? op->segs[0].addr : 0;
	op->to = op->from;
	for (u32 i = 0; i < op->nr_segs; i++) {
		op->from = fw_min(op->from, op->segs[i].addr);
		op->to = fw_max(op->to, op->segs[i].addr + op->segs[i].len);
	}
}

static u64 fw_media_op_bytes(const struct fw_op *op)
{
	u64 bytes = 0;

	for (u32 i = 0; i < op->nr_segs; i++)
		bytes += op->segs[i].len;
	return bytes;
}

bool fw_media_dirty(const struct fw_media *m)
{
	return m->soiled != m->clean;
}

/*
 * A system that failed to write out may have dropped what it could not, and
 * say of the rest that all is well.
 */
static int fw_media_flushed(struct fw_media *m, const struct fw_op *op,
			    int err)
{
	m->lost = m->lost || err;
	if (m->lost)
		return FW_MEDIA_READ_ONLY;
	m->clean = fw_max(m->clean, op->mark);
	return 0;
}

/* Space that is wanting is no fault of the media. */
static int fw_media_result(struct fw_media *m, const struct fw_op *op, int err)
{
	if (op->kind == FW_OP_TRIM)
		return 0;
	if (op->kind == FW_OP_FLUSH)
		err = fw_media_flushed(m, op, err);
	if (err && err != FW_MEDIA_FULL)
		m->errors++;
	return err;
}

/* What is written has been from now on, error or not. */
static int fw_media_do(struct fw_media *m, struct fw_op *op)
{
	int err;

	if (op->kind == FW_OP_READ)
		m->read += fw_media_op_bytes(op);
	if (op->kind == FW_OP_WRITE)
		m->written += fw_media_op_bytes(op);
	m->soiled += fw_media_op_writes(op);
	op->mark = m->writing ? m->clean : m->soiled;
	err = m->hal->media(m->hal->ctx, op);
	if (err != FW_LATER)
		return fw_media_result(m, op, err);
	m->writing += fw_media_op_writes(op);
	op->link = m->flying;
	m->flying = op;
	return FW_LATER;
}

/* Whether it has to be, or may be, done at all. */
static int fw_media_try(struct fw_media *m, struct fw_op *op)
{
	if (m->lost && op->kind == FW_OP_FLUSH)
		return fw_media_result(m, op, FW_MEDIA_READ_ONLY);
	if (m->lost && fw_media_op_writes(op))
		return FW_MEDIA_READ_ONLY;
	if (op->kind == FW_OP_TRIM && !m->hal->trims)
		return 0;
	return fw_media_do(m, op);
}

/* Whether it has to wait for one of a list, which ends before @end. */
static bool fw_media_op_waits(const struct fw_op *op, const struct fw_op *list,
			      const struct fw_op *end)
{
	for (; list != end; list = list->link)
		if (op->from < list->to && list->from < op->to &&
		    (fw_media_op_writes(op) || fw_media_op_writes(list)))
			return true;
	return false;
}

int fw_media_begin(struct fw_media *m, struct fw_op *op)
{
	struct fw_op **end = &m->waiting;

	fw_media_op_span(op);
	if (!fw_media_op_waits(op, m->flying, NULL) &&
	    !fw_media_op_waits(op, m->waiting, NULL))
		return fw_media_try(m, op);
	while (*end)
		end = &(*end)->link;
	op->link = NULL;
	*end = op;
	return FW_LATER;
}

struct fw_op *fw_media_next(struct fw_media *m, int *err)
{
	struct fw_op *op = m->waiting;

	while (op && (fw_media_op_waits(op, m->flying, NULL) ||
		      fw_media_op_waits(op, m->waiting, op)))
		op = op->link;
	if (op) {
		fw_media_withdraw(m, op);
		*err = fw_media_try(m, op);
	}
	return op;
}

static bool fw_media_op_unlink(struct fw_op **list, const struct fw_op *op)
{
	while (*list && *list != op)
		list = &(*list)->link;
	if (!*list)
		return false;
	*list = op->link;
	return true;
}

bool fw_media_withdraw(struct fw_media *m, struct fw_op *op)
{
	return fw_media_op_unlink(&m->waiting, op);
}

void fw_media_end(struct fw_media *m, struct fw_op *op)
{
	fw_media_op_unlink(&m->flying, op);
	m->writing -= fw_media_op_writes(op);
	op->err = fw_media_result(m, op, op->err);
}
