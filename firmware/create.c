// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes a controller. The one file that knows all layers: it checks what the
 * platform asks for, takes all memory there will ever be from the pool, and
 * puts the parts together.
 */
#include "core/ctrl.h"
#include "lambda/lambda.h"

/* All but the pointers into the pool is decided here. */
static const char *fw_create_check_ns(const struct fw_config *cfg)
{
	if (!cfg->nr_ns || cfg->nr_ns > FW_NAMESPACES_MAX)
		return "a drive has 1 to 4 namespaces";
	for (u32 i = 0; i < cfg->nr_ns; i++) {
		const struct fw_ns_config *ns = &cfg->ns[i];

		if (ns->lba_shift != 9 && ns->lba_shift != 12)
			return "an LBA has 512 or 4096 bytes";
		if (!ns->bytes || ns->bytes & ((1ull << ns->lba_shift) - 1))
			return "a namespace is a whole number of its LBAs";
	}
	return NULL;
}

static const char *fw_create_check_serial(const char *serial)
{
	size_t len = strlen(serial);

	if (!len || len > FW_SERIAL_MAX)
		return "a serial has 1 to 20 characters";
	for (size_t i = 0; i < len; i++)
		if (serial[i] < 0x20 || serial[i] > 0x7e)
			return "a serial has printable ASCII characters only";
	return NULL;
}

/* The text of a profile is bounded likewise; a platform may set it otherwise. */
static bool fw_create_rates_ok(const struct fw_profile *p)
{
	const u64 rates[] = { p->media_read_bps, p->media_write_bps,
			      p->link_bps, p->core_ips, p->helper_bps };

	for (u32 i = 0; i < FW_ARRAY_SIZE(rates); i++)
		if (rates[i] < FW_RATE_MIN || rates[i] > FW_RATE_MAX)
			return false;
	return true;
}

static bool fw_create_latencies_ok(const struct fw_profile *p)
{
	const u64 times[] = { p->command_ns, p->media_read_ns,
			      p->media_write_ns, p->media_flush_ns,
			      p->link_ns, p->slice_ns };

	for (u32 i = 0; i < FW_ARRAY_SIZE(times); i++)
		if (times[i] > FW_LATENCY_MAX)
			return false;
	return p->slice_ns >= FW_SLICE_MIN;
}

static const char *fw_create_check_profile(const struct fw_profile *p)
{
	if (!p->channels || p->channels > FW_CHANNELS_MAX)
		return "the profile has 1 to 16 media channels";
	if (!p->cores || p->cores > FW_CORES_MAX)
		return "the profile has 1 to 16 cores";
	if (p->stripe < FW_PAGE || p->stripe > FW_STRIPE_MAX)
		return "a stripe has 4 KiB to 1 GiB";
	if (!p->dilation || p->dilation > FW_DILATION_MAX)
		return "a dilation is 1 to 1000";
	if (!fw_create_rates_ok(p))
		return "rates are a million to a million million a second";
	return fw_create_latencies_ok(p) ?
		       NULL :
		       "times are at most ten seconds, a slice at least a microsecond";
}

static const char *fw_create_check_config(const struct fw_config *cfg)
{
	const char *why = fw_create_check_serial(cfg->serial);

	if (!why)
		why = fw_create_check_ns(cfg);
	if (!why)
		why = fw_create_check_profile(&cfg->profile);
	if (!why && (!cfg->io_queues || cfg->io_queues > FW_IO_QUEUES_MAX))
		why = "a drive has 1 to 16 I/O queue pairs";
	return why ? why : fw_cmdset_check(cfg);
}

static void fw_create_init(struct fw_ctrl *c, const struct fw_config *cfg)
{
	c->hal = cfg->hal;
	memset(c->serial, ' ', sizeof(c->serial));
	memcpy(c->serial, cfg->serial, strlen(cfg->serial));
	c->vendor = cfg->vendor;
	c->subvendor = cfg->subvendor;
	c->io_queues = cfg->io_queues;
	c->inject_on = cfg->faults;
	fw_media_init(&c->media, cfg, &c->hal);
	fw_timing_init(&c->timing, &cfg->profile);
	fw_feature_reset(c);
	fw_cmd_init(c);
}

struct fw_ctrl *fw_ctrl_create(const struct fw_config *cfg,
			       struct fw_pool *pool, const char **why)
{
	struct fw_lambda *l = NULL;
	struct fw_ctrl *c;
	u8 *buf, *buffers;

	*why = fw_create_check_config(cfg);
	if (*why)
		return NULL;
	c = fw_pool_take(pool, sizeof(*c));
	buf = fw_pool_take(pool, FW_TRANSFER_MAX);
	buffers = fw_pool_take(pool, FW_TRANSFERS_MAX * FW_TRANSFER_BYTES);
	if (cfg->lambda.slots)
		l = fw_cmdset_take(cfg, pool);
	if (pool->used > pool->size) {
		*why = "the memory pool is too small";
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	c->buf = buf;
	fw_transfer_init(c, buffers);
	fw_create_init(c, cfg);
	if (l)
		fw_cmdset_attach(c, l);
	return c;
}
