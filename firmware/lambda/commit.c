// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The commit of a program: its image is checked, and its code translated. */
#include "lambda.h"

/* What the head says has to fit together, and into a window. */

static bool fw_commit_is_zero(const u8 *p, u32 len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

static bool fw_commit_head_fields_ok(const struct nvme_lambda_image *h)
{
	bool budget = h->flags & NVME_LAMBDA_IMAGE_BUDGET;

	return !(h->flags & ~NVME_LAMBDA_IMAGE_BUDGET) && !h->reserved &&
	       fw_commit_is_zero(h->reserved2, sizeof(h->reserved2)) &&
	       (budget || !h->budget) && h->budget <= SBPF_BUDGET_MAX &&
	       h->insns && h->insns <= SBPF_INSNS_MAX &&
	       h->frame_len % SBPF_PAGE_SIZE == 0;
}

/* Parts and padding make up the whole. */
static bool fw_commit_head_size_ok(const struct fw_program *p)
{
	const struct nvme_lambda_image *h = &p->head;
	u64 parts = sizeof(*h) + (u64)h->insns * sizeof(struct sbpf_insn) +
		    h->rodata_len + h->data_len;

	return fw_round_up(parts, 4) == p->size &&
	       fw_commit_is_zero(p->image + parts, p->size - parts);
}

static bool fw_commit_head_fits_window(const struct nvme_lambda_image *h)
{
	struct sbpf_shape shape = {
		.in_len = 1,
		.heap_len = h->heap_len,
		.rodata_len = h->rodata_len,
		.data_len = (u64)h->data_len + h->bss_len,
		.frame_len = h->frame_len,
		.nr_funcs = 1,
	};
	struct sbpf_window window;

	return !sbpf_window_lay_out(&window, &shape);
}

static bool fw_commit_parse(struct fw_program *p)
{
	const struct nvme_lambda_image *h = &p->head;

	memcpy(&p->head, p->image, sizeof(p->head));
	if (!fw_commit_head_fields_ok(h) || !fw_commit_head_size_ok(p) ||
	    !fw_commit_head_fits_window(h))
		return false;
	p->rodata = p->image + sizeof(*h) +
		    (u64)h->insns * sizeof(struct sbpf_insn);
	p->data = p->rodata + h->rodata_len;
	return true;
}

/*
 * What code says it needs decides whether it fits. A program of which none does
 * is interpreted, and so are all where code cannot be written.
 */
static void fw_commit_translate(struct fw_program *p)
{
	const struct fw_text *text = &p->text;
	u64 at = 0, len;

	if (!text->bytes || (text->open && text->open(text->rw, text->bytes)))
		return;
	for (u32 mode = 0; mode < SBPF_JIT_MODES; mode++) {
		if (!p->table[mode])
			continue;
		len = sbpf_jit_compile(&p->sbpf, p->table[mode], mode,
				       text->rw + at, text->bytes - at,
				       text->rx + at);
		if (!p->sbpf.code[mode])
			continue;
		if (text->sync)
			text->sync(text->rx + at, len);
		at += fw_round_up(len, FW_TEXT_ALIGN);
	}
	if (text->close)
		text->close(text->rw, text->bytes);
}

/*
 * Instructions that it takes to check and to translate one: 85 ns were measured
 * on a core that executes 1.2 in a ns.
 */
#define FW_COMMIT_INSNS	100

/* May be outside the lock: the program and what checks it are all it touches. */
static void fw_commit_run(struct fw_work *work)
{
	struct fw_program *p = (struct fw_program *)work;

	p->bad = sbpf_program_init(&p->sbpf, (const struct sbpf_insn *)
				   (p->image + sizeof(p->head)), p->head.insns,
				   p->scratch);
	if (!p->bad)
		fw_commit_translate(p);
}

/* The program is as it was, for one whose command is no more. */
static void fw_commit_over(struct fw_program *p)
{
	p->committing = false;
	p->runs--;
}

static u16 fw_commit_end(struct fw_program *p, struct fw_cmd *cmd)
{
	fw_commit_over(p);
	if (p->bad) {
		cmd->result = p->sbpf.check.where;
		p->id = 0;
		return NVME_LAMBDA_SC_PROGRAM_INVALID;
	}
	p->committed = true;
	return FW_SC_SUCCESS;
}

/* There is room to check one program at a time; the others wait for it. */
static void fw_commit_next(struct fw_ctrl *c)
{
	struct fw_lambda *l = fw_lambda(c);
	struct fw_cmd *cmd = l->commits;

	if (l->checking || !cmd)
		return;
	fw_cmd_line_leave(cmd);
	l->checking = cmd->owner;
	c->hal.defer(c->hal.ctx, &l->checking->work);
}

static void fw_commit_done(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_program *p = (struct fw_program *)work;
	struct fw_cmd *cmd = p->cmd;

	fw_lambda(c)->checking = NULL;
	if (cmd) {
		fw_session_renew(c, p->session);
		fw_complete(c, cmd, fw_commit_end(p, cmd));
	} else {
		fw_commit_over(p);
	}
	fw_commit_next(c);
}

static void fw_commit_abandon(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_program *p = cmd->owner;

	p->cmd = NULL;
	if (fw_lambda(c)->checking != p)
		fw_commit_over(p);
}

static u16 fw_commit_begin(struct fw_ctrl *c, struct fw_cmd *cmd,
			   struct fw_program *p)
{
	p->scratch = fw_lambda(c)->scratch;
	p->work.run = fw_commit_run;
	p->work.done = fw_commit_done;
	p->cmd = cmd;
	p->committing = true;
	p->runs++;
	if (!c->hal.defer) {
		fw_commit_run(&p->work);
		return fw_commit_end(p, cmd);
	}
	cmd->owner = p;
	cmd->abandon = fw_commit_abandon;
	fw_cmd_line_join(&fw_lambda(c)->commits, cmd);
	fw_commit_next(c);
	return FW_PENDING;
}

u16 fw_commit(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss)
{
	struct fw_program *p = fw_program_find(fw_lambda(c), ss,
					       cmd->sqe.cdw10);

	if (!p)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	if (p->committed || p->committing || p->got != p->size)
		return FW_SC_INVALID_FIELD;
	if (!fw_commit_parse(p)) {
		cmd->result = NVME_LAMBDA_HEADER;
		p->id = 0;
		return NVME_LAMBDA_SC_PROGRAM_INVALID;
	}
	fw_job_core(&c->timing, &cmd->job,
		    (u64)p->head.insns * FW_COMMIT_INSNS, 0);
	return fw_commit_begin(c, cmd, p);
}
