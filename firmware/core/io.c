// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
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

static u16 fw_range_set(struct fw_range *r, u64 slba, u64 blocks)
{
	u64 all = r->ns->bytes >> r->ns->shift;

	if (slba > all || blocks > all - slba)
		return FW_SC_LBA_RANGE;
	r->at = slba << r->ns->shift;
	r->len = blocks << r->ns->shift;
	return FW_SC_SUCCESS;
}

static u16 fw_range_get(const struct fw_ctrl *c, const struct fw_sqe *sqe,
			struct fw_range *r)
{
	u64 slba = (u64)sqe->cdw11 << 32 | sqe->cdw10;

	r->ns = fw_media_ns(&c->media, sqe->nsid);
	if (!r->ns)
		return FW_SC_INVALID_NAMESPACE;
	return fw_range_set(r, slba, (sqe->cdw12 & 0xffff) + 1);
}

/* A range whose data crosses the link. */
static u16 fw_data_range(struct fw_ctrl *c, const struct fw_cmd *cmd,
			 struct fw_range *r)
{
	u16 status = fw_range_get(c, &cmd->sqe, r);

	return status ? status : fw_dma_map(c, cmd, r->len);
}

static void fw_use_media(struct fw_ctrl *c, struct fw_cmd *cmd,
			 const struct fw_range *r, bool write)
{
	fw_job_media(&c->timing, &cmd->job, r->ns->start + r->at, r->len,
		     write);
}

static void fw_use_link(struct fw_ctrl *c, struct fw_cmd *cmd,
			enum fw_res_id way, u64 len)
{
	fw_job_link(&c->timing, &cmd->job, way, len);
}

static bool fw_is_durable(const struct fw_ctrl *c, const struct fw_sqe *sqe)
{
	return (sqe->cdw12 & FW_RW_FUA) || c->media.write_through;
}

static void fw_use_flush(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_job_delay(&cmd->job, c->timing.profile.media_flush_ns);
}

static u16 fw_read(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u16 status = fw_data_range(c, cmd, &r);

	if (status)
		return status;
	if (fw_media_read(&c->media, r.ns, r.at, c->buf, r.len))
		return FW_SC_READ_ERROR;
	status = fw_dma_to_host(c, c->buf);
	if (status)
		return status;
	fw_use_media(c, cmd, &r, false);
	fw_use_link(c, cmd, FW_RES_LINK_OUT, r.len);
	c->reads++;
	return FW_SC_SUCCESS;
}

static u16 fw_write(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	bool fua = cmd->sqe.cdw12 & FW_RW_FUA;
	struct fw_range r;
	u16 status = fw_data_range(c, cmd, &r);

	if (!status)
		status = fw_dma_from_host(c, c->buf);
	if (status)
		return status;
	if (fw_media_write(&c->media, r.ns, r.at, c->buf, r.len, fua))
		return FW_SC_WRITE_FAULT;
	fw_use_link(c, cmd, FW_RES_LINK_IN, r.len);
	fw_use_media(c, cmd, &r, true);
	if (fw_is_durable(c, &cmd->sqe))
		fw_use_flush(c, cmd);
	c->writes++;
	return FW_SC_SUCCESS;
}

static u16 fw_compare_bytes(struct fw_ctrl *c, const struct fw_range *r)
{
	u32 part;

	for (u64 done = 0; done < r->len; done += part) {
		part = fw_min(r->len - done, sizeof(c->page));
		if (fw_media_read(&c->media, r->ns, r->at + done, c->page,
				  part))
			return FW_SC_READ_ERROR;
		if (memcmp(c->page, c->buf + done, part))
			return FW_SC_COMPARE_FAILED;
	}
	return FW_SC_SUCCESS;
}

static u16 fw_compare(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_range r;
	u16 status = fw_data_range(c, cmd, &r);

	if (!status)
		status = fw_dma_from_host(c, c->buf);
	if (status)
		return status;
	fw_use_link(c, cmd, FW_RES_LINK_IN, r.len);
	fw_use_media(c, cmd, &r, false);
	c->reads++;
	return fw_compare_bytes(c, &r);
}

/* Zeroed blocks are given back, DEAC or not: they read as zero either way. */
static u16 fw_write_zeroes(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	bool fua = cmd->sqe.cdw12 & FW_RW_FUA;
	struct fw_range r;
	u16 status = fw_range_get(c, &cmd->sqe, &r);

	if (status)
		return status;
	if (fw_media_zero(&c->media, r.ns, r.at, r.len, fua))
		return FW_SC_WRITE_FAULT;
	fw_job_delay(&cmd->job, c->timing.profile.media_write_ns);
	if (fw_is_durable(c, &cmd->sqe))
		fw_use_flush(c, cmd);
	return FW_SC_SUCCESS;
}

static u16 fw_flush(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 nsid = cmd->sqe.nsid;

	if (nsid != FW_NSID_ALL && !fw_media_ns(&c->media, nsid))
		return FW_SC_INVALID_NAMESPACE;
	if (fw_media_flush(&c->media))
		return FW_SC_WRITE_FAULT;
	fw_use_flush(c, cmd);
	return FW_SC_SUCCESS;
}

/* Judges every range before the first one is acted on. */
static u16 fw_dsm_check(const struct fw_dsm_range *ranges, u32 n,
			struct fw_range *r)
{
	u16 status = FW_SC_SUCCESS;

	for (u32 i = 0; i < n && !status; i++)
		status = fw_range_set(r, ranges[i].slba, ranges[i].blocks);
	return status;
}

static u16 fw_dsm_apply(struct fw_ctrl *c, const struct fw_dsm_range *ranges,
			u32 n, struct fw_range *r)
{
	for (u32 i = 0; i < n; i++) {
		fw_range_set(r, ranges[i].slba, ranges[i].blocks);
		if (r->len && fw_media_zero(&c->media, r->ns, r->at, r->len,
					    false))
			return FW_SC_WRITE_FAULT;
	}
	return FW_SC_SUCCESS;
}

/* Hints on access frequency and the like are checked, and have no effect. */
static u16 fw_dsm(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_dsm_range *ranges = (struct fw_dsm_range *)c->buf;
	u32 n = (cmd->sqe.cdw10 & 0xff) + 1;
	struct fw_range r;
	u16 status;

	r.ns = fw_media_ns(&c->media, cmd->sqe.nsid);
	if (!r.ns)
		return FW_SC_INVALID_NAMESPACE;
	status = fw_dma_in(c, cmd, ranges, n * sizeof(*ranges));
	if (!status)
		status = fw_dsm_check(ranges, n, &r);
	if (status)
		return status;
	fw_job_delay(&cmd->job, c->timing.profile.media_write_ns);
	if (!(cmd->sqe.cdw11 & FW_DSM_AD))
		return FW_SC_SUCCESS;
	return fw_dsm_apply(c, ranges, n, &r);
}

u16 fw_io(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_job_delay(&cmd->job, c->timing.profile.command_ns);
	switch (cmd->sqe.opcode) {
	case FW_IO_FLUSH:
		return fw_flush(c, cmd);
	case FW_IO_WRITE:
		return fw_write(c, cmd);
	case FW_IO_READ:
		return fw_read(c, cmd);
	case FW_IO_COMPARE:
		return fw_compare(c, cmd);
	case FW_IO_WRITE_ZEROES:
		return fw_write_zeroes(c, cmd);
	case FW_IO_DSM:
		return fw_dsm(c, cmd);
	}
	if (c->set && cmd->sqe.opcode >= FW_IO_VENDOR)
		return c->set->io(c, cmd);
	return FW_SC_INVALID_OPCODE;
}
