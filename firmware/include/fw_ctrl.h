/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The controller as its platform sees it. */
#ifndef FW_CTRL_H
#define FW_CTRL_H

#include "fw_hal.h"
#include "fw_limits.h"
#include "fw_profile.h"

struct fw_ctrl;

#define FW_BAR_BYTES	0x4000u		/* registers and doorbells in BAR 0 */
#define FW_SERIAL_MAX	20		/* characters */

/**
 * struct fw_ns_config - one namespace
 * @bytes:     its size, a positive multiple of its LBA's
 * @lba_shift: 9 or 12
 */
struct fw_ns_config {
	u64 bytes;
	u8 lba_shift;
};

/**
 * struct fw_lambda_config - what the drive may spend on λs
 * @slots:       requests it holds at a time, 0 … FW_SLOTS_MAX; 0 makes the
 *               drive an ordinary disk
 * @slot_bytes:  memory of one slot, in which a λ runs: whole pages, at least
 *               FW_SLOT_BYTES_MIN
 * @programs:    programs held at a time, 1 … FW_PROGRAMS_MAX
 * @program_max: bytes of one program with its globals, whole pages
 * @insns_max:   instructions of one request; one that needs more is declined
 * @ns_max:      modelled time of one request; likewise. A run whose helpers
 *               alone take longer, or than its deadline, is given up at once
 * @boot:        a number that no other start of the drive has had, by which its
 *               hosts notice this one
 * @version:     version of the command set that its host is told, to pass for
 *               another drive; 0 for its own
 * @withheld:    enum sbpf_contract, the parts that it keeps without telling, to
 *               pass for an older drive
 */
struct fw_lambda_config {
	u32 slots;
	u32 slot_bytes;
	u32 programs;
	u32 program_max;
	u64 insns_max;
	u64 ns_max;
	u64 boot;
	u32 version;
	u32 withheld;
};

/**
 * struct fw_config - one drive
 * @hal:        its world; copied
 * @serial:     1 … FW_SERIAL_MAX printable characters; NGUIDs and UUIDs derive
 *              from it, so no two drives of a host may share one
 * @vendor:     PCI vendor id
 * @subvendor:  PCI subsystem vendor id
 * @io_queues:  I/O queue pairs offered, 1 … FW_IO_QUEUES_MAX
 * @nr_ns:      namespaces, 1 … FW_NAMESPACES_MAX
 * @ns:         each; in the media they follow each other from byte 0
 * @profile:    its speed; copied
 * @lambda:     its means for λs; copied
 * @faults:     the host may have commands go wrong, for its tests
 */
struct fw_config {
	struct fw_hal hal;
	const char *serial;
	u16 vendor;
	u16 subvendor;
	u32 io_queues;
	u32 nr_ns;
	struct fw_ns_config ns[FW_NAMESPACES_MAX];
	struct fw_profile profile;
	struct fw_lambda_config lambda;
	bool faults;
};

/**
 * struct fw_pool - the memory a controller is made of
 * @mem:  aligned to a page
 * @size: bytes
 * @used: bytes given out, by fw_ctrl_create() alone
 */
struct fw_pool {
	u8 *mem;
	u64 size;
	u64 used;
};

/**
 * fw_ctrl_create - make a controller
 * @cfg:  what it shall be; not needed after
 * @pool: memory for all it will ever use; a pool of size 0 only measures
 * @why:  on error, what is wrong, for a person to read
 *
 * Return: the controller, or NULL with @why set. Where the pool was too small,
 * @pool->used tells the size that is needed.
 */
struct fw_ctrl *fw_ctrl_create(const struct fw_config *cfg,
			       struct fw_pool *pool, const char **why);

/**
 * fw_ctrl_read - the host reads a register
 * @c:    the controller
 * @addr: offset into BAR 0
 * @size: 4 or 8 bytes; other sizes and unaligned addresses read as 0
 *
 * Return: the value.
 */
u64 fw_ctrl_read(struct fw_ctrl *c, u32 addr, u32 size);

/**
 * fw_ctrl_write - the host writes a register or doorbell
 * @c:     the controller
 * @addr:  offset into BAR 0
 * @value: the value
 * @size:  4 or 8 bytes; other sizes and unaligned addresses are ignored
 *
 * Commands are fetched and executed before this returns, up to FW_ENTRY_BYTES,
 * and as far as media and DMA go at once; the rest is for the alarm, which is
 * then asked for at once. Completions come when their time has passed. A write
 * from within, as DMA aimed at the controller's own registers would make, is
 * ignored.
 */
void fw_ctrl_write(struct fw_ctrl *c, u32 addr, u64 value, u32 size);

/* The alarm's time has come; from within another entry it is ignored. */
void fw_ctrl_alarm(struct fw_ctrl *c);

/**
 * fw_ctrl_work_done - deferred work has run, or an operation has ended
 * @c:    the controller
 * @work: what its defer hook was given, or of an operation that was to end later
 *
 * Goes on with the command, if there still is one. From within another entry it
 * only notes the work, which is finished before that entry returns.
 */
void fw_ctrl_work_done(struct fw_ctrl *c, struct fw_work *work);

/**
 * fw_ctrl_reset - power-on reset, from the platform
 * @c: the controller
 *
 * As CC.EN going to 0, with all registers back to their first values. Deferred
 * work still running is told to stop and is forgotten when it is done, and so
 * are operations; those on host memory are cancelled. No DMA and no interrupt
 * come of it: what was about to complete does not.
 *
 * From within another entry it only says so. That entry fetches and posts
 * nothing any more, and is at an end when it would go on to a next command; the
 * reset is done before it returns.
 */
void fw_ctrl_reset(struct fw_ctrl *c);

#endif /* FW_CTRL_H */
