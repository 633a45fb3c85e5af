// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The NVM command set. A write takes all its data from the host before a byte
 * reaches the media, so that a command that fails has changed nothing.
 */
#include "ctrl.h"

/**
 * struct fw_range - the blocks a command is about, in bytes
 * @ns:  namespace
 * @at:  first byte
 * @len: bytes
 */
struct fw_range {
	const struct fw_ns *ns;
	u64 at;
	u64 len;
};

static u16 fw_io_set_range(struct fw_range *r, u64 slba, u64 blocks)
{
	u64 all = r->ns->bytes >> r->ns->shift;

	if (slba > all || blocks > all - slba)
		return FW_SC_LBA_RANGE;
	r->at = slba << r->ns->shift;
	r->len = blocks << r->ns->shift;
	return FW_SC_SUCCESS;
}

static u16 fw_io_get_range(const struct fw_ctrl *c, const struct fw_sqe *sqe,
			   struct fw_range *r)
{
	u64 slba = (u64)sqe->cdw11 << 32 | sqe->cdw10;

	r->ns = fw_media_ns(&c->media, sqe->nsid);
	if (!r->ns)
		return FW_SC_INVALID_NAMESPACE;
	return fw_io_set_range(r, slba, (sqe->cdw12 & 0xffff) + 1);
}

/* A range whose data crosses the link. */
static u16 fw_io_data_range(struct fw_ctrl *c, const struct fw_cmd *cmd,
			    struct fw_range *r)
{
	u16 status = fw_io_get_range(c, &cmd->sqe, r);

	return status ? status : fw_dma_map(c, cmd, &cmd->x->places, r->len);
}

static struct fw_seg fw_io_part(const struct fw_range *r, u64 from, u64 len)
{
	return (struct fw_seg){ r->ns->start + r->at + from, len };
}

static void fw_io_use_media(struct fw_ctrl *c, struct fw_cmd *cmd,
			    const struct fw_range *r, bool write)
{
	fw_job_media(&c->timing, &cmd->job, r->ns->start + r->at, r->len,
		     write);
}

static void fw_io_use_link(struct fw_ctrl *c, struct fw_cmd *cmd,
			   enum fw_res_id way, u64 len)
{
	fw_job_link(&c->timing, &cmd->job, way, len);
}

static void fw_io_use_flush(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_job_delay(&cmd->job, c->timing.profile.media_flush_ns);
}

u16 fw_io_media_status(int err)
{
	switch (err) {
	case 0:
		return FW_SC_SUCCESS;
	case FW_MEDIA_FULL:
		return FW_SC_CAPACITY;
	case FW_MEDIA_READ_ONLY:
		return FW_SC_WRITE_PROTECTED;
	}
	return FW_SC_WRITE_FAULT;
}

static u16 fw_io_flushed(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	(void)c;
	if (cmd->x->op.err)
		return FW_SC_WRITE_FAULT;
	cmd->step = cmd->then;
	return FW_GO;
}

/* Goes on with @then once all is durable that is there now. */
static u16 fw_io_flush_then(struct fw_ctrl *c, struct fw_cmd *cmd,
			    u16 (*then)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	fw_io_use_flush(c, cmd);
	cmd->then = then;
	return fw_step_flush(c, cmd, fw_io_flushed);
}

static u16 fw_io_succeeded(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	c->writes += cmd->sqe.opcode == FW_IO_WRITE;
	return FW_SC_SUCCESS;
}

/* What a command with FUA reads is made durable first. */
static u16 fw_io_settle_media(struct fw_ctrl *c, struct fw_cmd *cmd,
			      u16 (*then)(struct fw_ctrl *c,
					  struct fw_cmd *cmd))
{
	if ((cmd->sqe.cdw12 & FW_RW_FUA) && fw_media_dirty(&c->media))
		return fw_io_flush_then(c, cmd, then);
	cmd->step = then;
	return FW_GO;
}

/* One flush makes durable what a command has written, where it has to be. */
static u16 fw_io_settle_written(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	bool fua = cmd->sqe.opcode != FW_IO_DSM &&
		   (cmd->sqe.cdw12 & FW_RW_FUA);

	if (fua || c->media.write_through)
		return fw_io_flush_then(c, cmd, fw_io_succeeded);
	return fw_io_succeeded(c, cmd);
}

/* Read: from the media to the buffer, and from there to the host. */

static u16 fw_io_read_moved(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;

	if (cmd->x->op.err)
		return FW_SC_DATA_TRANSFER;
	fw_io_get_range(c, &cmd->sqe, &r);
	fw_io_use_link(c, cmd, FW_RES_LINK_OUT, r.len);
	c->reads++;
	return FW_SC_SUCCESS;
}

static u16 fw_io_read_out(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	return fw_step_dma(c, cmd, FW_OP_TO_HOST, fw_io_read_moved);
}

/* Another command may have written while this one flushed. */
static u16 fw_io_read_done(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	return cmd->x->op.err ? FW_SC_READ_ERROR :
				fw_io_settle_media(c, cmd, fw_io_read_out);
}

static u16 fw_io_read_media(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;

	fw_io_get_range(c, &cmd->sqe, &r);
	fw_io_use_media(c, cmd, &r, false);
	return fw_step_media(c, cmd, FW_OP_READ, fw_io_part(&r, 0, r.len),
			     cmd->x->buf, fw_io_read_done);
}

static u16 fw_io_read(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u16 status = fw_io_data_range(c, cmd, &r);

	return status ? status : fw_io_settle_media(c, cmd, fw_io_read_media);
}

/* Write: the other way round. */

static u16 fw_io_write_done(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	int err = cmd->x->op.err;

	return err ? fw_io_media_status(err) : fw_io_settle_written(c, cmd);
}

static u16 fw_io_write_media(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;

	if (cmd->x->op.err)
		return FW_SC_DATA_TRANSFER;
	fw_io_get_range(c, &cmd->sqe, &r);
	fw_io_use_link(c, cmd, FW_RES_LINK_IN, r.len);
	fw_io_use_media(c, cmd, &r, true);
	return fw_step_media(c, cmd, FW_OP_WRITE, fw_io_part(&r, 0, r.len),
			     cmd->x->buf, fw_io_write_done);
}

static u16 fw_io_write(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u16 status = fw_io_data_range(c, cmd, &r);

	return status ? status :
			fw_step_dma(c, cmd, FW_OP_FROM_HOST, fw_io_write_media);
}

/* Compare: piece by piece with what the host has sent. */

static u16 fw_io_compare_piece(struct fw_ctrl *c, struct fw_cmd *cmd);

static u16 fw_io_compare_bytes(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_transfer *x = cmd->x;
	struct fw_range r;

	if (x->op.err)
		return FW_SC_READ_ERROR;
	if (memcmp(x->op.buf, x->buf + cmd->done, x->at.len))
		return FW_SC_COMPARE_FAILED;
	fw_io_get_range(c, &cmd->sqe, &r);
	cmd->done += x->at.len;
	cmd->step = fw_io_compare_piece;
	return cmd->done < r.len ? FW_GO :
				   fw_io_settle_media(c, cmd, fw_io_succeeded);
}

static u16 fw_io_compare_piece(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u64 part;

	fw_io_get_range(c, &cmd->sqe, &r);
	part = fw_min(r.len - cmd->done, FW_COMPARE_PIECE);
	return fw_step_media(c, cmd, FW_OP_READ,
			     fw_io_part(&r, cmd->done, part),
			     cmd->x->buf + FW_TRANSFER_MAX,
			     fw_io_compare_bytes);
}

static u16 fw_io_compare_media(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;

	fw_io_get_range(c, &cmd->sqe, &r);
	fw_io_use_media(c, cmd, &r, false);
	c->reads++;
	cmd->step = fw_io_compare_piece;
	return FW_GO;
}

static u16 fw_io_compare_moved(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;

	if (cmd->x->op.err)
		return FW_SC_DATA_TRANSFER;
	fw_io_get_range(c, &cmd->sqe, &r);
	fw_io_use_link(c, cmd, FW_RES_LINK_IN, r.len);
	return fw_io_settle_media(c, cmd, fw_io_compare_media);
}

static u16 fw_io_compare(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u16 status = fw_io_data_range(c, cmd, &r);

	return status ? status :
			fw_step_dma(c, cmd, FW_OP_FROM_HOST,
				    fw_io_compare_moved);
}

/*
 * Where blocks lie is told by a map on the media, of 8 bytes for a page; to give
 * blocks back is to write their part of it.
 */
#define FW_MAP_SHARE	(FW_PAGE / 8)

static void fw_io_use_map(struct fw_ctrl *c, struct fw_cmd *cmd,
			  const struct fw_range *r)
{
	u64 from = (r->ns->start + r->at) / FW_MAP_SHARE;
	u64 end = fw_round_up(r->ns->start + r->at + r->len, FW_MAP_SHARE) /
		  FW_MAP_SHARE;

	fw_job_media(&c->timing, &cmd->job, from, end - from, true);
}

static u16 fw_io_zero_piece(struct fw_ctrl *c, struct fw_cmd *cmd);

static u16 fw_io_zero_done(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;

	if (cmd->x->op.err)
		return fw_io_media_status(cmd->x->op.err);
	fw_io_get_range(c, &cmd->sqe, &r);
	c->spent += cmd->x->at.len;
	cmd->done += cmd->x->at.len;
	cmd->step = fw_io_zero_piece;
	return cmd->done < r.len ? FW_MORE : fw_io_settle_written(c, cmd);
}

static u16 fw_io_zero_piece(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u64 part;

	fw_io_get_range(c, &cmd->sqe, &r);
	part = fw_min(r.len - cmd->done, FW_TRANSFER_MAX);
	return fw_step_media(c, cmd, FW_OP_ZERO,
			     fw_io_part(&r, cmd->done, part), NULL,
			     fw_io_zero_done);
}

/* Zeroed blocks are given back, DEAC or not: they read as zero either way. */
static u16 fw_io_write_zeroes(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u16 status = fw_io_get_range(c, &cmd->sqe, &r);

	if (status)
		return status;
	fw_io_use_map(c, cmd, &r);
	return fw_piece_begin(c, cmd, fw_io_zero_piece);
}

static u16 fw_io_flush(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 nsid = cmd->sqe.nsid;

	if (nsid != FW_NSID_ALL && !fw_media_ns(&c->media, nsid))
		return FW_SC_INVALID_NAMESPACE;
	return fw_io_flush_then(c, cmd, fw_io_succeeded);
}

/* Dataset Management */

static u32 fw_io_dsm_ranges(const struct fw_cmd *cmd)
{
	return (cmd->sqe.cdw10 & 0xff) + 1;
}

static struct fw_dsm_range *fw_io_dsm_range(const struct fw_cmd *cmd)
{
	return (struct fw_dsm_range *)cmd->x->buf;
}

/* Gets the ranges, and judges every one before the first is acted on. */
static u16 fw_io_dsm_get(struct fw_ctrl *c, struct fw_cmd *cmd,
			 struct fw_range *r)
{
	u32 n = fw_io_dsm_ranges(cmd);
	struct fw_dsm_range *range = fw_io_dsm_range(cmd);
	u16 status = fw_dma_in(c, cmd, range, n * sizeof(*range));

	for (u32 i = 0; i < n && !status; i++)
		status = fw_io_set_range(r, range[i].slba, range[i].blocks);
	return status;
}

/*
 * Where to go on. There is nothing left once as much has been given back as
 * there is: what ranges that overlap have in common need not be done again.
 */
static bool fw_io_dsm_left(const struct fw_cmd *cmd, struct fw_range *r)
{
	const struct fw_dsm_range *range = fw_io_dsm_range(cmd);
	u64 skip = cmd->done;

	for (u32 i = 0; i < fw_io_dsm_ranges(cmd); i++, skip -= r->len) {
		fw_io_set_range(r, range[i].slba, range[i].blocks);
		if (skip >= r->len)
			continue;
		r->at += skip;
		r->len -= skip;
		return cmd->done < r->ns->bytes;
	}
	return false;
}

static void fw_io_dsm_use_map(struct fw_ctrl *c, struct fw_cmd *cmd,
			      struct fw_range *r)
{
	const struct fw_dsm_range *range = fw_io_dsm_range(cmd);

	for (u32 i = 0; i < fw_io_dsm_ranges(cmd); i++) {
		fw_io_set_range(r, range[i].slba, range[i].blocks);
		if (r->len)
			fw_io_use_map(c, cmd, r);
	}
}

static u16 fw_io_dsm_piece(struct fw_ctrl *c, struct fw_cmd *cmd);

static u16 fw_io_dsm_done(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->x->op.err)
		return fw_io_media_status(cmd->x->op.err);
	c->spent += FW_PAGE + cmd->x->at.len / FW_TRIM_SPEND;
	cmd->done += cmd->x->at.len;
	cmd->step = fw_io_dsm_piece;
	return FW_MORE;
}

static u16 fw_io_dsm_piece(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r = { .ns = fw_media_ns(&c->media, cmd->sqe.nsid) };

	if (!fw_io_dsm_left(cmd, &r))
		return fw_io_settle_written(c, cmd);
	return fw_step_media(c, cmd, FW_OP_TRIM,
			     fw_io_part(&r, 0, fw_min(r.len, FW_TRIM_PIECE)),
			     NULL, fw_io_dsm_done);
}

/* Hints on access frequency and the like are checked, and have no effect. */
static u16 fw_io_dsm_begin(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r = { .ns = fw_media_ns(&c->media, cmd->sqe.nsid) };
	u16 status = fw_io_dsm_get(c, cmd, &r);

	if (status || !(cmd->sqe.cdw11 & FW_DSM_AD))
		return status;
	fw_io_dsm_use_map(c, cmd, &r);
	return fw_io_dsm_piece(c, cmd);
}

static u16 fw_io_dsm(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (!fw_media_ns(&c->media, cmd->sqe.nsid))
		return FW_SC_INVALID_NAMESPACE;
	return fw_piece_begin(c, cmd, fw_io_dsm_begin);
}

u16 fw_io(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_job_delay(&cmd->job, c->timing.profile.command_ns);
	switch (cmd->sqe.opcode) {
	case FW_IO_FLUSH:
		return fw_step_begin(c, cmd, fw_io_flush);
	case FW_IO_WRITE:
		return fw_step_begin(c, cmd, fw_io_write);
	case FW_IO_READ:
		return fw_step_begin(c, cmd, fw_io_read);
	case FW_IO_COMPARE:
		return fw_step_begin(c, cmd, fw_io_compare);
	case FW_IO_WRITE_ZEROES:
		return fw_io_write_zeroes(c, cmd);
	case FW_IO_DSM:
		return fw_io_dsm(c, cmd);
	}
	if (c->cmdset && cmd->sqe.opcode >= FW_IO_VENDOR)
		return c->cmdset->io(c, cmd);
	return FW_SC_INVALID_OPCODE;
}
