/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A λ drive whose operations end when a test says so, and what tests do there. */
#ifndef LATE_H
#define LATE_H

#include "core/ctrl.h"
#include "csd.h"
#include "lambda/lambda.h"

/* Where the grant of late_open() goes. */
#define LATE_GRANT	(GUEST_DATA + 0x200000)

/*
 * Powers it on, with a filled media, the copying program and a slot, of which
 * later sessions have new ones. λs and commits wait for fw_host_work() as well.
 */
void late_begin(bool late_dma);
bool late_prepare(void);

/* Operations under way, the oldest first; carries one out and ends it. */
u32 late_flying(void);
const struct fw_op *late_op(u32 n);
bool late_end(u32 n);

/* Whether one is under way, of that kind. */
bool late_only(enum fw_op_kind kind);

/* The status of the next completion, if there is one. */
u16 late_take(u16 cq);

/* Send a command without waiting for it; its identifier. */
u16 late_abort(u16 sq, u16 cid);
u16 late_open(u32 epoch);		/* and has later ones name it */
u16 late_release(void);
u16 late_commit(u32 id);
u16 late_unload(u32 id);

/* A request that copies what is written to the slot to extents. */
u16 late_write(void);

/* A program that is loaded whole, and not committed; its id, or 0. */
u32 late_load(void);

/* Nothing runs, and no command and no operation is anywhere. */
bool late_at_rest(void);

#endif /* LATE_H */
