/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a drive's time is made of, and how it is read from configs/csd. */
#ifndef FW_PROFILE_H
#define FW_PROFILE_H

#include "fw_types.h"

/**
 * struct fw_profile - the resources of one drive
 * @timing:          false: every command completes at once
 * @pipeline:        true: the stages of a λ overlap chunk by chunk; false:
 *                   each begins when the one before has ended
 * @dilation:        factor on all modelled times, at least 1
 * @command_ns:      fixed cost of any I/O command
 * @channels:        media channels, 1 … FW_CHANNELS_MAX
 * @stripe:          bytes after which addresses go to the next channel
 * @media_read_bps:  bytes per second of all channels together, reading
 * @media_write_bps: the same, writing
 * @media_read_ns:   fixed latency before the first byte is read
 * @media_write_ns:  the same for writing
 * @media_flush_ns:  latency of making written data durable
 * @link_bps:        bytes per second of the link, for each direction
 * @link_ns:         fixed latency of a transfer
 * @cores:           compute cores, 1 … FW_CORES_MAX
 * @core_ips:        BPF instructions per second of one core
 * @helper_bps:      bytes per second that a bulk helper handles
 * @slice_ns:        longest turn of one λ on a core while others wait
 */
struct fw_profile {
	bool timing;
	bool pipeline;
	u32 dilation;
	u64 command_ns;
	u32 channels;
	u32 stripe;
	u64 media_read_bps;
	u64 media_write_bps;
	u64 media_read_ns;
	u64 media_write_ns;
	u64 media_flush_ns;
	u64 link_bps;
	u64 link_ns;
	u32 cores;
	u64 core_ips;
	u64 helper_bps;
	u64 slice_ns;
};

/**
 * struct fw_profile_error - where a profile is wrong
 * @line: line of the text, from 1; 0 when something is missing
 * @why:  what is wrong, or the key that is missing, for a person to read
 */
struct fw_profile_error {
	u32 line;
	const char *why;
};

/**
 * fw_profile_parse - read a profile
 * @p:    filled in
 * @text: lines `key = value` with `#` comments, keys named as the fields of
 *        struct fw_profile but with rates in MB (10^6) per second and core
 *        speed in million instructions per second; need not end in a NUL
 * @len:  bytes of @text
 * @err:  filled in on error
 *
 * Every key but timing, pipeline and dilation must be there, once.
 *
 * Return: 0, or -1 with @err set.
 */
int fw_profile_parse(struct fw_profile *p, const char *text, size_t len,
		     struct fw_profile_error *err);

#endif /* FW_PROFILE_H */
