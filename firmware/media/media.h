/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The bytes of the drive: one range of media cut into namespaces. Everything
 * that reads or writes user data goes through here, is checked against its
 * namespace here and counted here.
 */
#ifndef FW_MEDIA_H
#define FW_MEDIA_H

#include "fw_ctrl.h"

/**
 * struct fw_ns - one namespace
 * @start: its first byte in the media
 * @bytes: its size
 * @shift: log2 of its LBA size
 * @nguid: globally unique identifier
 * @uuid:  another one, in the form of a UUID
 */
struct fw_ns {
	u64 start;
	u64 bytes;
	u8 shift;
	u8 nguid[16];
	u8 uuid[16];
};

/**
 * struct fw_media - the drive's media
 * @hal:       hooks that reach it
 * @ns:        namespaces, numbered from 1 in @nr_ns order
 * @nr_ns:     how many
 * @uuid:      of the drive as a whole
 * @write_through: every write is made durable at once (write cache off)
 * @read:      bytes read since start
 * @written:   bytes written since start
 * @errors:    failed accesses since start
 */
struct fw_media {
	const struct fw_hal *hal;
	struct fw_ns ns[FW_NAMESPACES_MAX];
	u32 nr_ns;
	u8 uuid[16];
	bool write_through;
	u64 read;
	u64 written;
	u64 errors;
};

/* Lays out the namespaces and derives their identifiers from the serial. */
void fw_media_init(struct fw_media *m, const struct fw_config *cfg,
		   const struct fw_hal *hal);

/* The namespace of an NSID, or NULL. */
const struct fw_ns *fw_media_ns(const struct fw_media *m, u32 nsid);

/* Whether bytes [@at, @at + @len) lie in the namespace. */
bool fw_ns_has(const struct fw_ns *ns, u64 at, u64 len);

/*
 * Access to bytes of a namespace; the range must lie in it. @fua, or the write
 * cache being off, makes the range durable before the call returns. Nonzero on
 * a media error.
 */
int fw_media_read(struct fw_media *m, const struct fw_ns *ns, u64 at,
		  void *buf, u32 len);
int fw_media_write(struct fw_media *m, const struct fw_ns *ns, u64 at,
		   const void *buf, u32 len, bool fua);
int fw_media_zero(struct fw_media *m, const struct fw_ns *ns, u64 at, u64 len,
		  bool fua);
int fw_media_flush(struct fw_media *m);

#endif /* FW_MEDIA_H */
