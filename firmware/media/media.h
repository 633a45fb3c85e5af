/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
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
 * @lost:      a flush has failed: what was written before it may be gone, no
 *             later one can vouch for it, and nothing more is written
 * @soiled:    counts what was written; not 0 at start, as what was before is not
 *             known
 * @clean:     so much of it is durable
 * @writing:   operations under way that write
 * @flying:    all that are under way
 * @waiting:   those that wait for others, in order
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
	bool lost;
	u64 soiled;
	u64 clean;
	u32 writing;
	struct fw_op *flying;
	struct fw_op *waiting;
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
bool fw_media_ns_has(const struct fw_ns *ns, u64 at, u64 len);

/* Beside the errors of struct fw_hal: it was not tried. */
#define FW_MEDIA_READ_ONLY	(-3)

/**
 * fw_media_begin - begin an operation
 * @m:  the media
 * @op: what to do; its places are the media's, not a namespace's, and lie in
 *      namespaces
 *
 * Return: 0 or an error, FW_MEDIA_FULL, FW_MEDIA_READ_ONLY or another one, when
 * it is at its end; else FW_LATER. To trim is a hint: what could not be given
 * back is as it was, and no error.
 */
int fw_media_begin(struct fw_media *m, struct fw_op *op);

/* An operation of which it was said so has ended; its @err is now as above. */
void fw_media_end(struct fw_media *m, struct fw_op *op);

/*
 * One that need not wait any more, or NULL. It is begun by this, and *err as
 * fw_media_begin() returns it.
 */
struct fw_op *fw_media_next(struct fw_media *m, int *err);

/* Takes one out that waits; false when it does not. */
bool fw_media_withdraw(struct fw_media *m, struct fw_op *op);

/* Whether a flush would make anything durable. */
bool fw_media_dirty(const struct fw_media *m);

#endif /* FW_MEDIA_H */
