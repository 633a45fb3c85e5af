// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Get and Set Features: one table of what there is. */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

#define FW_SET_SAVE		BIT(31)		/* cdw10 */
#define FW_GET_SEL(cdw10)	(((cdw10) >> 8) & 7)
#define FW_CAP_NS		BIT(1)
#define FW_CAP_CHANGEABLE	BIT(2)

enum fw_select { FW_SEL_CURRENT, FW_SEL_DEFAULT, FW_SEL_SAVED, FW_SEL_CAP };

/**
 * struct fw_feature - one feature that is a number
 * @id:    enum fw_feature_id
 * @ns:    may be set for a namespace; ours share one value
 * @first: value after reset
 * @mask:  bits that may be set
 */
struct fw_feature {
	u8 id;
	bool ns;
	u32 first;
	u32 mask;
};

static const struct fw_feature fw_features[] = {
	{ .id = FW_FEAT_ARBITRATION, .mask = 0xffffff07 },
	{ .id = FW_FEAT_POWER, .mask = 0xe0 },
	{ .id = FW_FEAT_TEMPERATURE, .first = 0x157, .mask = 0x3fffff },
	{ .id = FW_FEAT_ERROR_RECOVERY, .ns = true, .mask = 0xffff },
	{ .id = FW_FEAT_WRITE_CACHE, .first = 1, .mask = 1 },
	{ .id = FW_FEAT_QUEUES, .mask = 0xffffffff },
	{ .id = FW_FEAT_COALESCING, .mask = 0xffff },
	{ .id = FW_FEAT_VECTOR, .mask = 0x1ffff },
	{ .id = FW_FEAT_ATOMICITY, .mask = 1 },
	{ .id = FW_FEAT_EVENTS, .mask = 0xff },
};

FW_ASSERT(FW_ARRAY_SIZE(fw_features) <= FW_FEATURES_MAX,
	  "every feature has a place for its value");

/* Not a number with a value of its own, so not in the table. */
static bool fw_feature_is_inject(const struct fw_ctrl *c,
				 const struct fw_sqe *sqe)
{
	return c->inject_on && (u8)sqe->cdw10 == NVME_LAMBDA_FEAT_FAULT;
}

static const struct fw_feature *fw_feature_find(u8 id)
{
	for (u32 i = 0; i < FW_ARRAY_SIZE(fw_features); i++)
		if (fw_features[i].id == id)
			return &fw_features[i];
	return NULL;
}

static u32 *fw_feature_value(struct fw_ctrl *c, const struct fw_feature *f)
{
	return &c->features[f - fw_features];
}

u32 fw_feature(const struct fw_ctrl *c, enum fw_feature_id id)
{
	return c->features[fw_feature_find(id) - fw_features];
}

void fw_feature_reset(struct fw_ctrl *c)
{
	for (u32 i = 0; i < FW_ARRAY_SIZE(fw_features); i++)
		c->features[i] = fw_features[i].first;
	memset(c->vectors, 0, sizeof(c->vectors));
	c->media.write_through = false;
}

/* Temperature: a threshold for too hot and one for too cold */

#define FW_TMPTH(v)	((v) & 0xffff)
#define FW_TMPSEL(v)	(((v) >> 16) & 15)
#define FW_THSEL(v)	(((v) >> 20) & 3)
#define FW_TMPSEL_ALL	15
#define FW_THSEL_OVER	0
#define FW_THSEL_UNDER	1

/*
 * One number holds both thresholds, the upper one in its low half: the fields
 * that select are not part of the value.
 */
bool fw_feature_too_hot(const struct fw_ctrl *c)
{
	u32 value = fw_feature(c, FW_FEAT_TEMPERATURE);

	return FW_KELVIN >= (value & 0xffff) || FW_KELVIN <= value >> 16;
}

static u16 fw_feature_set_temperature(u32 *value, u32 v)
{
	if (FW_TMPSEL(v) && FW_TMPSEL(v) != FW_TMPSEL_ALL)
		return FW_SC_INVALID_FIELD;
	if (FW_THSEL(v) == FW_THSEL_OVER)
		*value = (*value & 0xffff0000) | FW_TMPTH(v);
	else if (FW_THSEL(v) == FW_THSEL_UNDER)
		*value = (*value & 0xffff) | FW_TMPTH(v) << 16;
	else
		return FW_SC_INVALID_FIELD;
	return FW_SC_SUCCESS;
}

static u16 fw_feature_get_temperature(u32 value, u32 v, u64 *result)
{
	if (FW_TMPSEL(v) || FW_THSEL(v) > FW_THSEL_UNDER)
		return FW_SC_INVALID_FIELD;
	*result = FW_THSEL(v) == FW_THSEL_OVER ? value & 0xffff : value >> 16;
	return FW_SC_SUCCESS;
}

/*
 * Number of Queues: settled before the first one is made. However few were
 * asked for, all are given.
 */
static u16 fw_feature_set_queues(struct fw_ctrl *c, u32 v, u64 *result)
{
	for (u32 i = 1; i < FW_QUEUES_MAX; i++)
		if (c->cqs[i].live || c->sqs[i].live)
			return FW_SC_SEQUENCE;
	if ((v & 0xffff) == 0xffff || v >> 16 == 0xffff)
		return FW_SC_INVALID_FIELD;
	*result = (c->io_queues - 1) << 16 | (c->io_queues - 1);
	return FW_SC_SUCCESS;
}

static u16 fw_feature_set_vector(struct fw_ctrl *c, u32 v)
{
	if ((v & 0xffff) > c->io_queues)
		return FW_SC_INVALID_FIELD;
	c->vectors[v & 0xffff] = v;
	return FW_SC_SUCCESS;
}

static u16 fw_feature_cache_set(struct fw_ctrl *c, u32 v)
{
	*fw_feature_value(c, fw_feature_find(FW_FEAT_WRITE_CACHE)) = v;
	c->media.write_through = !v;
	return FW_SC_SUCCESS;
}

static u16 fw_feature_cache_flushed(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (!cmd->x->op.err)
		return fw_feature_cache_set(c, 0);
	fw_feature_cache_set(c, fw_feature(c, FW_FEAT_WRITE_CACHE));
	return FW_SC_WRITE_FAULT;
}

/* What is written after the flush has begun is made durable by who writes. */
static u16 fw_feature_cache_flush(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	c->media.write_through = true;
	return fw_step_flush(c, cmd, fw_feature_cache_flushed);
}

/* Turning the cache off writes it out first. */
static u16 fw_feature_set_cache(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	return cmd->sqe.cdw11 ? fw_feature_cache_set(c, 1) :
				fw_step_begin(c, cmd, fw_feature_cache_flush);
}

u16 fw_feature_set(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_feature *f = fw_feature_find(cmd->sqe.cdw10);
	bool inject = fw_feature_is_inject(c, &cmd->sqe);
	u32 v = cmd->sqe.cdw11;

	if (!f && !inject)
		return FW_SC_INVALID_FIELD;
	if (cmd->sqe.cdw10 & FW_SET_SAVE)
		return FW_SC_FEATURE_NOT_SAVEABLE;
	if (inject)
		return fw_inject_order(c, &cmd->sqe);
	if (!f->ns && cmd->sqe.nsid && cmd->sqe.nsid != FW_NSID_ALL)
		return FW_SC_FEATURE_NOT_NS;
	if (v & ~f->mask)
		return FW_SC_INVALID_FIELD;
	switch (f->id) {
	case FW_FEAT_TEMPERATURE:
		return fw_feature_set_temperature(fw_feature_value(c, f), v);
	case FW_FEAT_WRITE_CACHE:
		return fw_feature_set_cache(c, cmd);
	case FW_FEAT_QUEUES:
		return fw_feature_set_queues(c, v, &cmd->result);
	case FW_FEAT_VECTOR:
		return fw_feature_set_vector(c, v);
	}
	*fw_feature_value(c, f) = v;
	return FW_SC_SUCCESS;
}

static u16 fw_feature_get_vector(const struct fw_ctrl *c, u32 iv, bool current,
				 u64 *result)
{
	if (iv > c->io_queues)
		return FW_SC_INVALID_FIELD;
	*result = current ? c->vectors[iv] | iv : iv;
	return FW_SC_SUCCESS;
}

u16 fw_feature_get(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_feature *f = fw_feature_find(cmd->sqe.cdw10);
	u32 sel = FW_GET_SEL(cmd->sqe.cdw10), v = cmd->sqe.cdw11;
	u32 value;

	if (fw_feature_is_inject(c, &cmd->sqe) && sel == FW_SEL_CURRENT) {
		cmd->result = fw_inject_left(c);
		return FW_SC_SUCCESS;
	}
	if (!f || sel > FW_SEL_CAP)
		return FW_SC_INVALID_FIELD;
	if (sel == FW_SEL_CAP) {
		cmd->result = FW_CAP_CHANGEABLE | (f->ns ? FW_CAP_NS : 0);
		return FW_SC_SUCCESS;
	}
	value = sel == FW_SEL_CURRENT ? *fw_feature_value(c, f) : f->first;
	switch (f->id) {
	case FW_FEAT_TEMPERATURE:
		return fw_feature_get_temperature(value, v, &cmd->result);
	case FW_FEAT_QUEUES:
		cmd->result = (c->io_queues - 1) << 16 | (c->io_queues - 1);
		return FW_SC_SUCCESS;
	case FW_FEAT_VECTOR:
		return fw_feature_get_vector(c, v & 0xffff,
					     sel == FW_SEL_CURRENT,
					     &cmd->result);
	}
	cmd->result = value;
	return FW_SC_SUCCESS;
}
