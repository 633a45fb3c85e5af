// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The bytes of the drive. */
#include "media.h"

enum fw_id_purpose { FW_ID_NGUID = 1, FW_ID_UUID = 2 };

/* FNV-1a over one byte. */
static u64 fw_hash(u64 h, u8 byte)
{
	return (h ^ byte) * 0x100000001b3ull;
}

/* 16 bytes from the serial, a namespace (0: the drive) and a purpose. */
static void fw_media_id(u8 id[16], const char *serial, u32 nsid, u8 purpose)
{
	u64 h = fw_hash(0xcbf29ce484222325ull, purpose);

	for (; *serial; serial++)
		h = fw_hash(h, *serial);
	h = fw_hash(h, nsid);
	for (u32 i = 0; i < 16; i++) {
		h = fw_hash(h, i);
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

bool fw_ns_has(const struct fw_ns *ns, u64 at, u64 len)
{
	return at <= ns->bytes && len <= ns->bytes - at;
}

static int fw_media_result(struct fw_media *m, int err)
{
	if (err)
		m->errors++;
	return err;
}

int fw_media_read(struct fw_media *m, const struct fw_ns *ns, u64 at,
		  void *buf, u32 len)
{
	const struct fw_hal *hal = m->hal;

	m->read += len;
	return fw_media_result(m, hal->media_read(hal->ctx, ns->start + at,
						  buf, len));
}

static int fw_media_settle(struct fw_media *m, int err, bool fua)
{
	if (!err && (fua || m->write_through))
		err = m->hal->media_flush(m->hal->ctx);
	return fw_media_result(m, err);
}

int fw_media_write(struct fw_media *m, const struct fw_ns *ns, u64 at,
		   const void *buf, u32 len, bool fua)
{
	const struct fw_hal *hal = m->hal;

	m->written += len;
	return fw_media_settle(m, hal->media_write(hal->ctx, ns->start + at,
						   buf, len), fua);
}

int fw_media_zero(struct fw_media *m, const struct fw_ns *ns, u64 at, u64 len,
		  bool fua)
{
	const struct fw_hal *hal = m->hal;

	return fw_media_settle(m, hal->media_zero(hal->ctx, ns->start + at,
						  len), fua);
}

int fw_media_flush(struct fw_media *m)
{
	return fw_media_result(m, m->hal->media_flush(m->hal->ctx));
}
