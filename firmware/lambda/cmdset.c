// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The λ command set as the controller sees it: one table of its commands. */
#include "lambda.h"

/* Command dwords that a command uses, a bit for each. */
#define FW_DW(n)	BIT(n)
#define FW_DW_SESSION	(FW_DW(2) | FW_DW(3) | FW_DW(14))

static u16 fw_cmdset_exec_read(struct fw_ctrl *c, struct fw_cmd *cmd,
			       struct fw_session *ss)
{
	return fw_result_count(c, fw_exec_slot(c, cmd, ss, false));
}

static u16 fw_cmdset_exec_write(struct fw_ctrl *c, struct fw_cmd *cmd,
				struct fw_session *ss)
{
	return fw_result_count(c, fw_exec_slot(c, cmd, ss, true));
}

static u16 fw_cmdset_exec_at_once(struct fw_ctrl *c, struct fw_cmd *cmd,
				  struct fw_session *ss)
{
	return fw_result_count(c, fw_exec_fast(c, cmd, ss));
}

/**
 * struct fw_lambda_cmd - a command of the set
 * @opcode: its opcode
 * @dwords: those that it uses beside the key and the epoch, a bit for each
 * @run:    executes it for a session; NULL for the one that opens one
 */
struct fw_lambda_cmd {
	u8 opcode;
	u32 dwords;
	u16 (*run)(struct fw_ctrl *c, struct fw_cmd *cmd,
		   struct fw_session *ss);
};

static const struct fw_lambda_cmd fw_lambda_admin_cmds[] = {
	{ NVME_LAMBDA_ADMIN_OPEN, FW_DW(11) | FW_DW(12) | FW_DW(13), NULL },
	{ NVME_LAMBDA_ADMIN_RELEASE, 0, fw_session_release },
	{ NVME_LAMBDA_ADMIN_LOAD, FW_DW(10) | FW_DW(11) | FW_DW(12) | FW_DW(13),
	  fw_program_load },
	{ NVME_LAMBDA_ADMIN_COMMIT, FW_DW(10), fw_commit },
	{ NVME_LAMBDA_ADMIN_UNLOAD, FW_DW(10), fw_program_unload },
};

static const struct fw_lambda_cmd fw_lambda_io_cmds[] = {
	{ NVME_LAMBDA_ALLOC, 0, fw_slot_alloc },
	{ NVME_LAMBDA_FREE, FW_DW(10), fw_slot_free },
	{ NVME_LAMBDA_WRITE, FW_DW(10) | FW_DW(11) | FW_DW(12) | FW_DW(13),
	  fw_slot_write },
	{ NVME_LAMBDA_READ, FW_DW(10) | FW_DW(12) | FW_DW(13), fw_slot_read },
	{ NVME_LAMBDA_EXEC_READ, FW_DW(10), fw_cmdset_exec_read },
	{ NVME_LAMBDA_EXEC_WRITE, FW_DW(10), fw_cmdset_exec_write },
	{ NVME_LAMBDA_EXEC_FAST,
	  FW_DW(10) | FW_DW(11) | FW_DW(12) | FW_DW(13) | FW_DW(15),
	  fw_cmdset_exec_at_once },
};

/*
 * The host decides who may send them: Linux lets no opcode of a vendor's pass
 * from users without privileges, whatever the log says.
 */
static void fw_cmdset_effects(struct fw_log_effects *log)
{
	for (u32 i = 0; i < FW_ARRAY_SIZE(fw_lambda_admin_cmds); i++)
		log->admin[fw_lambda_admin_cmds[i].opcode] =
			FW_EFFECT_SUPPORTED;
	for (u32 i = 0; i < FW_ARRAY_SIZE(fw_lambda_io_cmds); i++)
		log->io[fw_lambda_io_cmds[i].opcode] = FW_EFFECT_SUPPORTED;
	log->io[NVME_LAMBDA_EXEC_WRITE] |= FW_EFFECT_CONTENT;
}

/* Dwords that are not 0, a bit for each. */
static u32 fw_cmdset_dwords(const struct fw_sqe *sqe)
{
	return (sqe->cdw2 ? FW_DW(2) : 0) | (sqe->cdw3 ? FW_DW(3) : 0) |
	       (sqe->cdw10 ? FW_DW(10) : 0) | (sqe->cdw11 ? FW_DW(11) : 0) |
	       (sqe->cdw12 ? FW_DW(12) : 0) | (sqe->cdw13 ? FW_DW(13) : 0) |
	       (sqe->cdw14 ? FW_DW(14) : 0) | (sqe->cdw15 ? FW_DW(15) : 0);
}

static u16 fw_cmdset_run(struct fw_ctrl *c, struct fw_cmd *cmd,
			 const struct fw_lambda_cmd *cmds, u32 n)
{
	struct fw_session *ss;
	u16 status;

	for (u32 i = 0; i < n; i++) {
		if (cmds[i].opcode != cmd->sqe.opcode)
			continue;
		if (fw_cmdset_dwords(&cmd->sqe) &
		    ~(cmds[i].dwords | FW_DW_SESSION))
			return FW_SC_INVALID_FIELD;
		if (!cmds[i].run)
			return fw_session_open(c, cmd);
		status = fw_session_enter(c, &cmd->sqe, &ss);
		if (status)
			return status;
		cmd->session = ss;
		return cmds[i].run(c, cmd, ss);
	}
	return FW_SC_INVALID_OPCODE;
}

static u16 fw_cmdset_admin(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->sqe.nsid)
		return FW_SC_INVALID_FIELD;
	return fw_cmdset_run(c, cmd, fw_lambda_admin_cmds,
			     FW_ARRAY_SIZE(fw_lambda_admin_cmds));
}

static u16 fw_cmdset_io(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (!fw_media_ns(&c->media, cmd->sqe.nsid))
		return FW_SC_INVALID_NAMESPACE;
	return fw_cmdset_run(c, cmd, fw_lambda_io_cmds,
			     FW_ARRAY_SIZE(fw_lambda_io_cmds));
}

static void fw_cmdset_limits(const struct fw_lambda *l,
			     struct nvme_lambda_id *id)
{
	id->sessions = FW_SESSIONS_MAX;
	id->slots = l->cfg.slots;
	id->programs = l->cfg.programs;
	id->program_max = l->cfg.program_max;
	id->request_max = FW_REQUEST_BYTES;
	id->extents_max = FW_EXTENTS_MAX;
	id->runs_max = FW_RUNS_MAX;
	id->transfer_max = FW_TRANSFER_MAX;
	id->slot_bytes = l->cfg.slot_bytes;
	id->args_max = SBPF_ARGS_MAX;
	id->in_max = fw_min(l->cfg.slot_bytes, SBPF_IN_MAX);
	id->out_max = fw_min(l->cfg.slot_bytes, SBPF_OUT_MAX);
	id->heap_max = fw_min(l->cfg.slot_bytes, SBPF_HEAP_MAX);
	id->data_max = fw_min(l->cfg.slot_bytes, SBPF_DATA_MAX);
	id->insns_max = l->cfg.insns_max;
	id->ns_max = l->cfg.ns_max;
}

static void fw_cmdset_rates(const struct fw_profile *p,
			    struct nvme_lambda_id *id)
{
	id->cores = p->cores;
	id->core_ips = p->core_ips;
	id->helper_bps = p->helper_bps;
	id->media_read_bps = p->media_read_bps;
	id->media_write_bps = p->media_write_bps;
	id->link_bps = p->link_bps;
	id->dilation = p->dilation;
}

static bool fw_cmdset_identify(struct fw_ctrl *c, u8 cns, void *page)
{
	const struct fw_lambda_config *cfg = &fw_lambda(c)->cfg;
	struct nvme_lambda_id *id = page;

	if (cns != NVME_LAMBDA_CNS)
		return false;
	memcpy(id->magic, NVME_LAMBDA_MAGIC, sizeof(id->magic));
	id->version = cfg->version ? cfg->version : NVME_LAMBDA_VERSION;
	id->contract = SBPF_CONTRACT_KEPT & ~cfg->withheld;
	fw_cmdset_limits(fw_lambda(c), id);
	fw_cmdset_rates(&c->timing.profile, id);
	return true;
}

static u32 fw_cmdset_log(struct fw_ctrl *c, u8 id, void *page)
{
	struct fw_lambda *l = fw_lambda(c);
	struct nvme_lambda_stats *stats = page;

	if (id != NVME_LAMBDA_LOG)
		return 0;
	fw_session_expire(c);
	*stats = l->stats;
	stats->sessions = fw_sessions_open(l);
	for (u32 i = 0; i < l->cfg.programs; i++)
		stats->programs += l->programs[i].id != 0;
	for (u32 i = 0; i < l->cfg.slots; i++)
		stats->slots += l->slots[i].id != 0;
	for (u32 i = 0; i < FW_CHANNELS_MAX; i++)
		stats->busy_media += c->timing.busy_ns[i];
	stats->busy_in = c->timing.busy_ns[FW_RES_LINK_IN];
	stats->busy_out = c->timing.busy_ns[FW_RES_LINK_OUT];
	stats->busy_cores = c->timing.busy_ns[FW_RES_CORES];
	return sizeof(*stats);
}

/* Making it */

const char *fw_cmdset_check(const struct fw_config *cfg)
{
	const struct fw_lambda_config *l = &cfg->lambda;

	if (!l->slots)
		return NULL;
	if (l->slots > FW_SLOTS_MAX)
		return "a drive has at most 64 slots";
	if (!l->programs || l->programs > FW_PROGRAMS_MAX)
		return "a drive holds 1 to 64 programs";
	if (l->slot_bytes % FW_PAGE || l->slot_bytes < FW_SLOT_BYTES_MIN ||
	    l->slot_bytes > FW_SLOT_BYTES_MAX)
		return "a slot has 64 KiB to 2 GiB in whole pages";
	if (l->program_max % FW_PAGE ||
	    l->program_max < FW_PROGRAM_BYTES_MIN ||
	    l->program_max > FW_PROGRAM_BYTES_MAX)
		return "a program has 4 KiB to 64 MiB in whole pages";
	if (!l->insns_max || l->insns_max > SBPF_INSNS_UNLIMITED || !l->ns_max)
		return "a request may take some instructions and some time";
	return NULL;
}

/* Without workers a fast request is over before the next one begins. */
static u32 fw_cmdset_fast_slots(const struct fw_config *cfg)
{
	return cfg->hal.defer ? cfg->profile.cores : 1;
}

/* Instructions of the longest program there can be. */
static u32 fw_cmdset_insns_max(const struct fw_lambda_config *cfg)
{
	return fw_min(cfg->program_max / sizeof(struct sbpf_insn),
		      SBPF_INSNS_MAX);
}

/* Memory for translating, where the platform lets code be written. */

static u64 fw_cmdset_table_bytes(const struct fw_config *cfg)
{
	u32 insns = fw_cmdset_insns_max(&cfg->lambda);

	return fw_round_up(sbpf_jit_run_table_size(insns), FW_TEXT_ALIGN);
}

/* One for each way in which a program is translated. */
static u64 fw_cmdset_tables_bytes(const struct fw_config *cfg)
{
	if (!cfg->hal.text.bytes)
		return 0;
	return fw_cmdset_table_bytes(cfg) * (cfg->hal.guard.run ? 2 : 1);
}

/* In whole pages if there is one for each, to be opened one by one. */
static u64 fw_cmdset_text_share(const struct fw_config *cfg)
{
	u64 share = cfg->hal.text.bytes / cfg->lambda.programs;
	u32 unit = share < FW_PAGE ? FW_TEXT_ALIGN : FW_PAGE;

	return share / unit * unit;
}

static void fw_cmdset_share_text(struct fw_lambda *l,
				 const struct fw_config *cfg, u8 *tables)
{
	const struct fw_text *text = &cfg->hal.text;
	u64 share = fw_cmdset_text_share(cfg);

	for (u32 i = 0; share && i < l->cfg.programs; i++) {
		struct fw_program *p = &l->programs[i];
		u8 *table = tables + i * fw_cmdset_tables_bytes(cfg);

		p->table[SBPF_JIT_COMPARE] = (void *)table;
		if (cfg->hal.guard.run)
			p->table[SBPF_JIT_GUARDED] =
				(void *)(table + fw_cmdset_table_bytes(cfg));
		p->text = *text;
		p->text.rw += i * share;
		p->text.rx += i * share;
		p->text.bytes = share;
		p->text.sync = text->sync;
	}
}

struct fw_lambda *fw_cmdset_take(const struct fw_config *cfg,
				 struct fw_pool *pool)
{
	const struct fw_lambda_config *want = &cfg->lambda;
	struct fw_lambda *l = fw_pool_take(pool, sizeof(*l));
	u32 slots = want->slots + fw_cmdset_fast_slots(cfg);
	u64 check_bytes = SBPF_CHECK_SCRATCH(fw_cmdset_insns_max(want));
	u8 *scratch = fw_pool_take(pool, check_bytes);
	u8 *tables = fw_pool_take(pool,
				  want->programs * fw_cmdset_tables_bytes(cfg));
	u8 *images, *slot_mem;
	u32 each = fw_round_up(FW_REQUEST_BYTES, FW_PAGE) + want->slot_bytes;

	images = fw_pool_take(pool, (u64)want->programs * want->program_max);
	slot_mem = fw_pool_take(pool, (u64)slots * each);
	if (!slot_mem)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->cfg = *want;
	l->fast = slots - want->slots;
	l->scratch = scratch;
	for (u32 i = 0; i < want->programs; i++)
		l->programs[i].image = images + (u64)i * want->program_max;
	for (u32 i = 0; i < slots; i++) {
		l->slots[i].mem = slot_mem + (u64)i * each;
		l->slots[i].request = l->slots[i].mem + want->slot_bytes;
	}
	fw_cmdset_share_text(l, cfg, tables);
	return l;
}

FW_ASSERT(offsetof(struct fw_id_ctrl, vs) == NVME_LAMBDA_CTRL_MAGIC,
	  "place of the magic");

static const struct fw_cmdset fw_lambda_cmdset = {
	.magic = NVME_LAMBDA_MAGIC,
	.admin = fw_cmdset_admin,
	.io = fw_cmdset_io,
	.identify = fw_cmdset_identify,
	.log = fw_cmdset_log,
	.effects = fw_cmdset_effects,
	.reset = fw_session_reset,
};

void fw_cmdset_attach(struct fw_ctrl *c, struct fw_lambda *l)
{
	c->cmdset = &fw_lambda_cmdset;
	c->cmdset_state = l;
	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		l->slots[i].c = c;
}
