/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 1 of a port: what the board is made of, and what it calls. */
#ifndef BOARD_H
#define BOARD_H

#include "fw_ctrl.h"

#define BOARD_HOST_BYTES	(1ull << 40)	/* of the host's addresses */
#define BOARD_MEDIA_BYTES	(1ull << 30)
#define BOARD_POOL_BYTES	(256ull << 20)

/* Placed by the board's linker script. */
extern u8 board_host_window[];		/* host address 0 appears here */
extern u8 board_media[];
extern u8 board_pool[];			/* memory for the controller */

/* From the board's own support code. */
u64 board_clock(void);			/* ns since reset */
void board_call_at(u64 when);		/* board_compare_interrupt(), then */
void board_raise(u16 vector);		/* sends the MSI-X message */
u64 board_starts(void);			/* how often it was started so far */

/* For the board's start code: NULL, or why there is no controller. */
const char *board_start(void);

/* For its interrupt handlers, which exclude each other. */
u64 board_bar_read(u32 addr, u32 size);
void board_bar_write(u32 addr, u64 value, u32 size);
void board_compare_interrupt(void);
void board_function_reset(void);

#endif /* BOARD_H */
