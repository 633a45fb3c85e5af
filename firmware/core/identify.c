// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Identify: what the controller and its namespaces are. */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

#define FW_MODEL		"lambda-io drive"
#define FW_NQN_PREFIX		"nqn.2014-08.org.nvmexpress:uuid:"
#define FW_CTRL_TYPE_IO		1
#define FW_RTD3_US		2000000	/* shutdown and resume, upper bound */
#define FW_WARN_KELVIN		343
#define FW_CRITICAL_KELVIN	353
#define FW_MAX_POWER		2500	/* hundredths of a watt */
#define FW_FRMW_ONE_SLOT_RO	0x03
#define FW_ONCS_SAVE_SELECT	BIT(4)	/* Get Features has SEL */
#define FW_PI_BYTES		8	/* protection information of a block */
#define FW_FLBAS_EXTENDED	BIT(4)	/* metadata follows its block */
#define FW_MC_EXTENDED		BIT(0)	/* it may */
#define FW_DPC_TYPE1		BIT(0)
#define FW_DPC_LAST		BIT(4)	/* behind other metadata */
#define FW_DPS_TYPE1		1

static char fw_identify_hex(u8 digit)
{
	return digit < 10 ? '0' + digit : 'a' + digit - 10;
}

/* The subsystem's name must be unique, so it is made from the serial too. */
static void fw_identify_subnqn(const struct fw_ctrl *c, char *nqn)
{
	const u8 *id = c->media.uuid;

	memcpy(nqn, FW_NQN_PREFIX, strlen(FW_NQN_PREFIX));
	nqn += strlen(FW_NQN_PREFIX);
	for (u32 i = 0; i < FW_NID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*nqn++ = '-';
		*nqn++ = fw_identify_hex(id[i] >> 4);
		*nqn++ = fw_identify_hex(id[i] & 15);
	}
}

static u64 fw_identify_capacity(const struct fw_ctrl *c)
{
	u64 bytes = 0;

	for (u32 i = 0; i < c->media.nr_ns; i++)
		bytes += c->media.ns[i].bytes;
	return bytes;
}

static void fw_identify_names(const struct fw_ctrl *c, struct fw_id_ctrl *id)
{
	id->vid = c->vendor;
	id->ssvid = c->subvendor;
	memcpy(id->sn, c->serial, sizeof(id->sn));
	memset(id->mn, ' ', sizeof(id->mn));
	memcpy(id->mn, FW_MODEL, strlen(FW_MODEL));
	memcpy(id->fr, FW_REVISION, sizeof(id->fr));
	fw_identify_subnqn(c, id->subnqn);
}

static void fw_identify_admin(struct fw_id_ctrl *id)
{
	id->mdts = FW_MDTS;
	id->ver = FW_NVME_VERSION;
	id->rtd3r = FW_RTD3_US;
	id->rtd3e = FW_RTD3_US;
	id->cntrltype = FW_CTRL_TYPE_IO;
	id->acl = FW_ABORTS_MAX - 1;
	id->aerl = FW_AER_MAX - 1;
	id->frmw = FW_FRMW_ONE_SLOT_RO;
	id->lpa = FW_LPA_EFFECTS | FW_LPA_EXTENDED;
	id->elpe = FW_ERRORS_MAX - 1;
	id->wctemp = FW_WARN_KELVIN;
	id->cctemp = FW_CRITICAL_KELVIN;
	id->psd[0].max_power = FW_MAX_POWER;
}

static void fw_identify_nvm_fields(const struct fw_ctrl *c,
				   struct fw_id_ctrl *id)
{
	u64 capacity = fw_identify_capacity(c);

	memcpy(id->tnvmcap, &capacity, sizeof(capacity));
	id->sqes = FW_SQE_SHIFT << 4 | FW_SQE_SHIFT;
	id->cqes = FW_CQE_SHIFT << 4 | FW_CQE_SHIFT;
	id->nn = c->media.nr_ns;
	id->oncs = FW_ONCS_COMPARE | FW_ONCS_DSM | FW_ONCS_WRITE_ZEROES |
		   FW_ONCS_SAVE_SELECT;
	id->vwc = FW_VWC_PRESENT | FW_VWC_FLUSH_ALL;
}

static void fw_identify_ctrl(const struct fw_ctrl *c, void *page)
{
	struct fw_id_ctrl *id = page;

	fw_identify_names(c, id);
	fw_identify_admin(id);
	fw_identify_nvm_fields(c, id);
	if (c->cmdset)
		memcpy(id->vs, c->cmdset->magic, sizeof(c->cmdset->magic));
}

static u16 fw_identify_ns(const struct fw_ctrl *c, u32 nsid, void *page)
{
	const struct fw_ns *ns = fw_media_ns(&c->media, nsid);
	struct fw_id_ns *id = page;

	if (!ns)
		return FW_SC_INVALID_NAMESPACE;
	id->nsze = ns->bytes >> ns->shift;
	id->ncap = id->nsze;
	id->nuse = id->nsze;
	if (c->hal.trims)
		id->dlfeat = FW_DLFEAT_ZEROES | FW_DLFEAT_WZ_DEAC;
	if (c->media.lost)
		id->nsattr = FW_NSATTR_PROTECTED;
	memcpy(id->nguid, ns->nguid, sizeof(id->nguid));
	id->lbaf[0].lbads = ns->shift;
	return FW_SC_SUCCESS;
}

static u16 fw_identify_list(const struct fw_ctrl *c, u32 nsid, void *page)
{
	u32 *list = page;

	if (nsid >= FW_NSID_ALL - 1)
		return FW_SC_INVALID_NAMESPACE;
	for (u32 id = nsid + 1; id <= c->media.nr_ns; id++)
		*list++ = id;
	return FW_SC_SUCCESS;
}

static u8 *fw_identify_add_nid(u8 *at, u8 type, const u8 *id)
{
	at[0] = type;
	at[1] = FW_NID_BYTES;
	memcpy(at + 4, id, FW_NID_BYTES);
	return at + 4 + FW_NID_BYTES;
}

static u16 fw_identify_descs(const struct fw_ctrl *c, u32 nsid, void *page)
{
	const struct fw_ns *ns = fw_media_ns(&c->media, nsid);
	u8 *at = page;

	if (!ns)
		return FW_SC_INVALID_NAMESPACE;
	at = fw_identify_add_nid(at, FW_NIDT_NGUID, ns->nguid);
	fw_identify_add_nid(at, FW_NIDT_UUID, ns->uuid);
	return FW_SC_SUCCESS;
}

/*
 * A command gives back as many blocks as the largest namespace has: more
 * would be some of them twice.
 */
static u16 fw_identify_nvm(const struct fw_ctrl *c, u8 set, void *page)
{
	struct fw_id_ctrl_nvm *id = page;

	if (set != FW_CSI_NVM)
		return FW_SC_INVALID_FIELD;
	for (u32 i = 0; i < c->media.nr_ns; i++) {
		const struct fw_ns *ns = &c->media.ns[i];

		if (id->dmsl < ns->bytes >> ns->shift)
			id->dmsl = ns->bytes >> ns->shift;
	}
	id->dmrsl = fw_min(id->dmsl, 0xffffffff);
	return FW_SC_SUCCESS;
}

static u16 fw_identify_page(struct fw_ctrl *c, const struct fw_sqe *sqe)
{
	u8 cns = sqe->cdw10;

	switch (cns) {
	case FW_CNS_NS:
		return fw_identify_ns(c, sqe->nsid, c->page);
	case FW_CNS_CTRL:
		fw_identify_ctrl(c, c->page);
		return FW_SC_SUCCESS;
	case FW_CNS_NS_LIST:
		return fw_identify_list(c, sqe->nsid, c->page);
	case FW_CNS_NS_DESCS:
		return fw_identify_descs(c, sqe->nsid, c->page);
	case FW_CNS_CTRL_SET:
		return fw_identify_nvm(c, sqe->cdw11 >> 24, c->page);
	}
	if (cns >= FW_CNS_VENDOR && c->cmdset &&
	    c->cmdset->identify(c, cns, c->page))
		return FW_SC_SUCCESS;
	return FW_SC_INVALID_FIELD;
}

/* What an injected error makes of the page. */
static void fw_identify_wrong(struct fw_ctrl *c, const struct fw_cmd *cmd)
{
	struct fw_id_ns *id = (void *)c->page;

	if (cmd->inject.kind == NVME_LAMBDA_FAULT_GARBLE)
		for (u32 i = 0; i < sizeof(c->page); i++)
			c->page[i] = ~c->page[i];
	if (cmd->inject.kind == NVME_LAMBDA_FAULT_METADATA &&
	    (u8)cmd->sqe.cdw10 == FW_CNS_NS) {
		id->lbaf[0].ms = FW_PI_BYTES;
		id->flbas = FW_FLBAS_EXTENDED;
		id->mc = FW_MC_EXTENDED;
		id->dpc = FW_DPC_TYPE1 | FW_DPC_LAST;
		id->dps = FW_DPS_TYPE1;
	}
}

u16 fw_identify(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u16 status;

	memset(c->page, 0, sizeof(c->page));
	status = fw_identify_page(c, &cmd->sqe);
	if (status)
		return status;
	fw_identify_wrong(c, cmd);
	return fw_dma_out(c, cmd, c->page, sizeof(c->page));
}
