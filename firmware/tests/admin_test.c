// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Registers and admin commands, each with every status it can end in. */
#include "guest.h"
#include "tap.h"

/* Creation */

static const char *bad_config(void (*spoil)(struct fw_config *cfg))
{
	guest_default();
	spoil(&guest.cfg);
	return guest_power_on();
}

#define SPOIL(name, what)						\
	static void name(struct fw_config *cfg) { what; }

SPOIL(no_serial, cfg->serial = "")
SPOIL(long_serial, cfg->serial = "123456789012345678901")
SPOIL(odd_serial, cfg->serial = "a\nb")
SPOIL(no_ns, cfg->nr_ns = 0)
SPOIL(many_ns, cfg->nr_ns = 5)
SPOIL(odd_lba, cfg->ns[0].lba_shift = 10)
SPOIL(odd_size, cfg->ns[1].bytes = 4095)
SPOIL(no_size, cfg->ns[1].bytes = 0)
SPOIL(no_queues, cfg->io_queues = 0)
SPOIL(many_queues, cfg->io_queues = 17)
SPOIL(no_channels, cfg->profile.channels = 0)
SPOIL(many_cores, cfg->profile.cores = 17)
SPOIL(no_rate, cfg->profile.link_bps = 0)
SPOIL(high_rate, cfg->profile.core_ips = FW_RATE_MAX + 1)
SPOIL(no_stripe, cfg->profile.stripe = 0)
SPOIL(no_dilation, cfg->profile.dilation = 0)
SPOIL(much_dilation, cfg->profile.dilation = FW_DILATION_MAX + 1)
SPOIL(long_flush, cfg->profile.media_flush_ns = FW_LATENCY_MAX + 1)
SPOIL(short_slice, cfg->profile.slice_ns = FW_SLICE_MIN - 1)

TEST(bad_configurations_are_refused)
{
	CHECK(bad_config(no_serial));
	CHECK(bad_config(long_serial));
	CHECK(bad_config(odd_serial));
	CHECK(bad_config(no_ns));
	CHECK(bad_config(many_ns));
	CHECK(bad_config(odd_lba));
	CHECK(bad_config(odd_size));
	CHECK(bad_config(no_size));
	CHECK(bad_config(no_queues));
	CHECK(bad_config(many_queues));
	CHECK(bad_config(no_channels));
	CHECK(bad_config(many_cores));
	CHECK(bad_config(no_rate));
	CHECK(bad_config(high_rate));
	CHECK(bad_config(no_stripe));
	CHECK(bad_config(no_dilation));
	CHECK(bad_config(much_dilation));
	CHECK(bad_config(long_flush));
	CHECK(bad_config(short_slice));
}

TEST(small_pool_is_refused)
{
	struct fw_pool pool = { 0 };
	const char *why = NULL;
	u64 need;

	guest_default();
	CHECK(!guest_power_on());
	CHECK(!fw_ctrl_create(&guest.cfg, &pool, &why));
	CHECK(!strcmp(why, "the memory pool is too small"));
	need = pool.used;
	pool = (struct fw_pool){ guest.host.pool.mem, need - 1, 0 };
	CHECK(!fw_ctrl_create(&guest.cfg, &pool, &why));
	pool = (struct fw_pool){ guest.host.pool.mem, need, 0 };
	CHECK(fw_ctrl_create(&guest.cfg, &pool, &why));
}

/* Registers */

TEST(capabilities)
{
	u64 cap;

	guest_begin(false);
	cap = fw_ctrl_read(guest.host.ctrl, FW_REG_CAP, 8);
	CHECK_EQ(cap & 0xffff, 1023);
	CHECK(cap & BIT_ULL(16));
	CHECK(cap & BIT_ULL(37));
	CHECK_EQ(cap >> 48, 0);		/* 4 KiB pages only */
	CHECK_EQ(cap >> 32, guest_reg(FW_REG_CAP_HIGH));
	CHECK_EQ(guest_reg(FW_REG_VS), 0x10400);
}

TEST(odd_accesses_do_nothing)
{
	struct fw_ctrl *c;

	guest_begin(false);
	c = guest.host.ctrl;
	fw_ctrl_write(c, FW_REG_CC, 0, 2);
	fw_ctrl_write(c, FW_REG_CC + 1, 0, 4);
	fw_ctrl_write(c, FW_BAR_BYTES, 0, 4);
	CHECK_EQ(guest_reg(FW_REG_CC), guest.cc);
	fw_ctrl_write(c, FW_REG_INTMS, 5, 8);
	CHECK_EQ(guest_reg(FW_REG_INTMS), 0);
	CHECK_EQ(fw_ctrl_read(c, FW_REG_CC, 1), 0);
	CHECK_EQ(fw_ctrl_read(c, FW_BAR_BYTES, 4), 0);
	CHECK_EQ(fw_ctrl_read(c, 0x20, 4), 0);
	CHECK_EQ(guest_reg(FW_REG_DOORBELL), 0);
}

TEST(registers_keep_their_values)
{
	guest_begin(false);
	CHECK_EQ(guest_reg(FW_REG_AQA), 63 << 16 | 63);
	CHECK_EQ(guest_reg(FW_REG_ASQ), GUEST_SQ(0));
	CHECK_EQ(guest_reg(FW_REG_ASQ_HIGH), 0);
	CHECK_EQ(guest_reg(FW_REG_ACQ), GUEST_CQ(0));
	CHECK_EQ(guest_reg(FW_REG_ACQ_HIGH), 0);
	guest_set_reg(FW_REG_INTMS, 5);
	guest_set_reg(FW_REG_INTMC, 4);
	CHECK_EQ(guest_reg(FW_REG_INTMS), 1);
	CHECK_EQ(guest_reg(FW_REG_INTMC), 1);
}

/* A value of CC, AQA or ASQ that cannot be leads to CSTS.CFS, never to RDY. */
static u32 enable_with(u32 cc, u32 aqa, u64 asq, u64 acq)
{
	guest_default();
	guest_power_on();
	guest_set_reg(FW_REG_AQA, aqa);
	fw_ctrl_write(guest.host.ctrl, FW_REG_ASQ, asq, 8);
	fw_ctrl_write(guest.host.ctrl, FW_REG_ACQ, acq, 8);
	guest_set_reg(FW_REG_CC, cc);
	return guest_reg(FW_REG_CSTS);
}

TEST(bad_enable)
{
	u32 cc = FW_CC_EN | 6 << 16 | 4 << 20, aqa = 63 << 16 | 63;

	CHECK_EQ(enable_with(cc, aqa, 0x10000, 0x20000), FW_CSTS_RDY);
	CHECK_EQ(enable_with(cc | 1 << 4, aqa, 0x10000, 0x20000), FW_CSTS_CFS);
	CHECK_EQ(enable_with(cc | 1 << 7, aqa, 0x10000, 0x20000), FW_CSTS_CFS);
	CHECK_EQ(enable_with(cc | 1 << 11, aqa, 0x10000, 0x20000),
		 FW_CSTS_CFS);
	CHECK_EQ(enable_with(cc, 63 << 16, 0x10000, 0x20000), FW_CSTS_CFS);
	CHECK_EQ(enable_with(cc, 63, 0x10000, 0x20000), FW_CSTS_CFS);
	CHECK_EQ(enable_with(cc, aqa, 0x10010, 0x20000), FW_CSTS_CFS);
	CHECK_EQ(enable_with(cc, aqa, 0x10000, 0), FW_CSTS_CFS);
	guest_set_reg(FW_REG_CC, 0);
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0);
	CHECK(guest_enable());
}

TEST(shutdown_flushes)
{
	u32 flushes;

	guest_begin(false);
	flushes = guest.host.media.flushes;
	guest_set_reg(FW_REG_CC, guest.cc | 1 << 14);
	CHECK_EQ(guest_reg(FW_REG_CSTS), FW_CSTS_RDY | FW_CSTS_SHST_OCCURRING);
	CHECK_EQ(guest.host.media.flushes, flushes);
	CHECK(fw_host_tick(&guest.host));
	CHECK_EQ(guest_reg(FW_REG_CSTS), FW_CSTS_RDY | FW_CSTS_SHST_DONE);
	CHECK_EQ(guest.host.media.flushes, flushes + 1);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	guest_set_reg(FW_REG_CC, guest.cc | 2 << 14);	/* once is enough */
	CHECK_EQ(guest_reg(FW_REG_CSTS), FW_CSTS_RDY | FW_CSTS_SHST_DONE);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), GUEST_NOTHING);
	guest_disable();
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0);
	CHECK(guest_enable());
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), 0);
}

TEST(failed_shutdown_is_fatal)
{
	guest_begin(false);
	guest.host.media.fail_in = 0;
	guest_set_reg(FW_REG_CC, guest.cc | 1 << 14);
	CHECK(fw_host_tick(&guest.host));
	CHECK(guest_reg(FW_REG_CSTS) & FW_CSTS_CFS);
}

TEST(power_on_reset)
{
	guest_begin(false);
	guest_set_reg(FW_REG_INTMS, 5);
	fw_ctrl_reset(guest.host.ctrl);
	CHECK_EQ(guest_reg(FW_REG_INTMS), 0);
	CHECK_EQ(guest_reg(FW_REG_CC), 0);
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0);
	CHECK_EQ(guest_reg(FW_REG_AQA), 0);
	CHECK_EQ(guest_reg(FW_REG_ASQ), 0);
	CHECK(guest_enable());
}

/* What a reset by CC.EN leaves of the registers: where the admin queues are. */
TEST(controller_reset)
{
	guest_begin(false);
	guest_set_reg(FW_REG_INTMS, 5);
	guest_disable();
	CHECK_EQ(guest_reg(FW_REG_INTMS), 0);
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0);
	CHECK_EQ(guest_reg(FW_REG_AQA), 63 << 16 | 63);
	CHECK_EQ(guest_reg(FW_REG_ASQ), GUEST_SQ(0));
	CHECK_EQ(guest_reg(FW_REG_ACQ), GUEST_CQ(0));
}

/* Identify */

TEST(identify_controller)
{
	const struct fw_id_ctrl *id;

	guest_begin(false);
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), 0);
	id = guest_mem(GUEST_DATA);
	CHECK(id->vid == 0x1234 && id->ssvid == 0x5678);
	CHECK(!memcmp(id->sn, "TEST0001            ", 20));
	CHECK(!memcmp(id->mn, "lambda-io drive   ", 18));
	CHECK_EQ(id->mdts, 8);
	CHECK_EQ(id->ver, 0x10400);
	CHECK_EQ(id->nn, 2);
	CHECK_EQ(id->sqes, 0x66);
	CHECK_EQ(id->cqes, 0x44);
	CHECK_EQ(id->hmpre, 0);
	CHECK_EQ(id->oacs, 0);
	CHECK_EQ(id->vwc, 7);
	CHECK_EQ(id->oncs & 0xd, 0xd);
	CHECK_EQ(id->sgls, 0);
	CHECK(!memcmp(id->subnqn, "nqn.2014-08.org.nvmexpress:uuid:", 32));
	CHECK_EQ(strlen(id->subnqn), 32 + 36);
	CHECK_EQ(id->tnvmcap[2], GUEST_MEDIA >> 16 & 0xff);
}

TEST(identify_namespaces)
{
	const struct fw_id_ns *id;
	u8 nguid[16];

	guest_begin(false);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(guest_identify(FW_CNS_NS, 1), 0);
	CHECK_EQ(id->nsze, GUEST_MEDIA / 2 / 512);
	CHECK(id->nsze == id->ncap && id->ncap == id->nuse);
	CHECK_EQ(id->lbaf[0].lbads, 9);
	CHECK_EQ(id->lbaf[0].ms, 0);
	CHECK_EQ(id->dlfeat, 9);
	CHECK_EQ(id->nsattr, 0);
	memcpy(nguid, id->nguid, 16);
	CHECK_EQ(guest_identify(FW_CNS_NS, 2), 0);
	CHECK_EQ(id->nsze, GUEST_MEDIA / 2 / 4096);
	CHECK_EQ(id->lbaf[0].lbads, 12);
	CHECK(memcmp(nguid, id->nguid, 16));
	CHECK_EQ(SC(guest_identify(FW_CNS_NS, 0)), FW_SC_INVALID_NAMESPACE);
	CHECK_EQ(SC(guest_identify(FW_CNS_NS, 3)), FW_SC_INVALID_NAMESPACE);
	CHECK_EQ(SC(guest_identify(FW_CNS_NS, FW_NSID_ALL)),
		 FW_SC_INVALID_NAMESPACE);
}

TEST(identify_list)
{
	const u32 *list;

	guest_begin(false);
	list = guest_mem(GUEST_DATA);
	CHECK_EQ(guest_identify(FW_CNS_NS_LIST, 0), 0);
	CHECK(list[0] == 1 && list[1] == 2 && list[2] == 0);
	CHECK_EQ(guest_identify(FW_CNS_NS_LIST, 1), 0);
	CHECK(list[0] == 2 && list[1] == 0);
	CHECK_EQ(guest_identify(FW_CNS_NS_LIST, 2), 0);
	CHECK_EQ(list[0], 0);
	CHECK_EQ(SC(guest_identify(FW_CNS_NS_LIST, FW_NSID_ALL)),
		 FW_SC_INVALID_NAMESPACE);
	CHECK_EQ(SC(guest_identify(FW_CNS_NS_LIST, FW_NSID_ALL - 1)),
		 FW_SC_INVALID_NAMESPACE);
}

/* NGUID and UUID follow from the serial: the same again, another for others. */
TEST(identify_descriptors)
{
	u8 first[64], *d;

	guest_begin(false);
	d = guest_mem(GUEST_DATA);
	CHECK_EQ(guest_identify(FW_CNS_NS_DESCS, 1), 0);
	CHECK(d[0] == 2 && d[1] == 16 && d[20] == 3 && d[21] == 16);
	CHECK_EQ(d[40] | d[41], 0);
	CHECK_EQ(d[24 + 6] >> 4, 8);
	CHECK_EQ(d[24 + 8] >> 6, 2);
	memcpy(first, d, sizeof(first));
	guest_begin(false);
	d = guest_mem(GUEST_DATA);
	CHECK_EQ(guest_identify(FW_CNS_NS_DESCS, 1), 0);
	CHECK(!memcmp(first, d, sizeof(first)));
	guest_default();
	guest.cfg.serial = "TEST0002";
	guest_start();
	d = guest_mem(GUEST_DATA);
	CHECK_EQ(guest_identify(FW_CNS_NS_DESCS, 1), 0);
	CHECK(memcmp(first + 4, d + 4, 16));
	CHECK(memcmp(first + 24, d + 24, 16));
	CHECK_EQ(SC(guest_identify(FW_CNS_NS_DESCS, 3)),
		 FW_SC_INVALID_NAMESPACE);
}

/* How much Dataset Management gives back, in blocks. */
TEST(identify_command_set)
{
	const struct fw_id_ctrl_nvm *id;
	struct fw_sqe sqe;

	guest_begin(false);
	CHECK_EQ(guest_identify(FW_CNS_CTRL_SET, 0), 0);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(id->dmsl, GUEST_MEDIA / 2 / 512);
	CHECK_EQ(id->dmrsl, id->dmsl);
	CHECK_EQ(id->vsl | id->wzsl | id->wusl | id->dmrl, 0);
	sqe = guest_to_data(FW_ADMIN_IDENTIFY, 0, FW_CNS_CTRL_SET, 4096);
	sqe.cdw11 = 2 << 24;	/* another command set */
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
}

TEST(identify_unknown)
{
	u16 status;

	guest_begin(false);
	status = guest_identify(0x10, 0);
	CHECK_EQ(SC(status), FW_SC_INVALID_FIELD);
	CHECK(DNR(status));
	CHECK_EQ(SC(guest_identify(0xc1, 0)), FW_SC_INVALID_FIELD);
	CHECK_EQ(*(u32 *)guest_mem(GUEST_DATA), 0xeeeeeeee);
}

TEST(admin_opcodes_and_flags)
{
	struct fw_sqe sqe = { .opcode = 0x80 };

	guest_begin(false);
	CHECK_EQ(guest_admin(sqe), FW_SC_INVALID_OPCODE | FW_SC_DNR);
	sqe.opcode = 0xc1;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_OPCODE);
	sqe.opcode = 0x18;	/* Keep Alive, not offered */
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_OPCODE);
	sqe = guest_to_data(FW_ADMIN_IDENTIFY, 0, 1, 4096);
	sqe.flags = 0x40;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
	sqe.flags = 0x01;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
}

/* Features */

TEST(features_are_kept)
{
	static const struct { u8 id; u32 value; } numbers[] = {
		{ FW_FEAT_ARBITRATION, 0x01020307 },
		{ FW_FEAT_ERROR_RECOVERY, 100 },
		{ FW_FEAT_COALESCING, 0x0505 },
		{ FW_FEAT_ATOMICITY, 1 },
		{ FW_FEAT_EVENTS, 2 },
	};

	guest_begin(false);
	for (size_t i = 0; i < FW_ARRAY_SIZE(numbers); i++) {
		CHECK_EQ(guest_get_feature(numbers[i].id), 0);
		CHECK_EQ(guest.result, 0);
		CHECK_EQ(guest_set_feature(numbers[i].id, numbers[i].value), 0);
		CHECK_EQ(guest_get_feature(numbers[i].id), 0);
		CHECK_EQ(guest.result, numbers[i].value);
		CHECK_EQ(guest_get_feature(numbers[i].id), 0);
	}
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_EVENTS | 1 << 8,
			       0), 0);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_EVENTS | 3 << 8,
			       0), 0);
	CHECK_EQ(guest.result, 4);
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES,
			       FW_FEAT_ERROR_RECOVERY | 3 << 8, 0), 0);
	CHECK_EQ(guest.result, 6);	/* one may be set for a namespace */
	guest_disable();
	CHECK(guest_enable());
	CHECK_EQ(guest_get_feature(FW_FEAT_EVENTS), 0);
	CHECK_EQ(guest.result, 0);
}

TEST(features_are_checked)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_SET_FEATURES, .nsid = 1,
			      .cdw10 = FW_FEAT_EVENTS };

	guest_begin(false);
	CHECK_EQ(SC(guest_set_feature(0x7f, 0)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_get_feature(0x7f)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_feature(FW_ADMIN_GET_FEATURES, 1 | 4 << 8, 0)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_feature(FW_ADMIN_SET_FEATURES,
				  FW_FEAT_EVENTS | BIT(31), 0)),
		 FW_SC_FEATURE_NOT_SAVEABLE);
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_FEATURE_NOT_NS);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_POWER, 1)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_EVENTS, 0x100)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_ERROR_RECOVERY, 1 << 16)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(guest_set_feature(FW_FEAT_POWER, 0), 0);
}

TEST(number_of_queues)
{
	struct fw_sqe delete = { .opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 8 };

	guest_default();
	guest_power_on();
	CHECK(guest_enable());
	CHECK_EQ(guest_set_feature(FW_FEAT_QUEUES, 3 << 16 | 3), 0);
	CHECK_EQ(guest.result, 7 << 16 | 7);	/* more than asked for */
	CHECK_EQ(guest_get_feature(FW_FEAT_QUEUES), 0);
	CHECK_EQ(guest.result, 7 << 16 | 7);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_QUEUES, 0xffff)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_QUEUES, 0xffffu << 16)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(guest_create_queues(8, 8), 0);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_QUEUES, 0)), FW_SC_SEQUENCE);
	CHECK_EQ(guest_admin(delete), 0);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_QUEUES, 0)), FW_SC_SEQUENCE);
	delete.opcode = FW_ADMIN_DELETE_CQ;
	CHECK_EQ(guest_admin(delete), 0);
	CHECK_EQ(guest_set_feature(FW_FEAT_QUEUES, 0), 0);
}

TEST(vector_configuration)
{
	guest_begin(false);
	CHECK_EQ(guest_set_feature(FW_FEAT_VECTOR, 3 | BIT(16)), 0);
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_VECTOR, 3), 0);
	CHECK_EQ(guest.result, 3 | BIT(16));
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_VECTOR | 1 << 8,
			       3), 0);
	CHECK_EQ(guest.result, 3);	/* what it is at first */
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_VECTOR, 2), 0);
	CHECK_EQ(guest.result, 2);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_VECTOR, 9)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_VECTOR, 9)),
		 FW_SC_INVALID_FIELD);
}

TEST(write_cache_off_flushes_each_write)
{
	u32 flushes;

	guest_begin(false);
	CHECK_EQ(guest_get_feature(FW_FEAT_WRITE_CACHE), 0);
	CHECK_EQ(guest.result, 1);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), 0);
	CHECK_EQ(guest.host.media.flushes, 0);
	CHECK_EQ(guest_set_feature(FW_FEAT_WRITE_CACHE, 0), 0);
	flushes = guest.host.media.flushes;
	CHECK_EQ(flushes, 1);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), 0);
	CHECK_EQ(guest.host.media.flushes, flushes + 1);
	CHECK_EQ(guest_set_feature(FW_FEAT_WRITE_CACHE, 1), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1)), 0);
	CHECK_EQ(guest.host.media.flushes, flushes + 1);
	guest.host.media.fail_in = 0;
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_WRITE_CACHE, 0)),
		 FW_SC_WRITE_FAULT);
	CHECK_EQ(guest_get_feature(FW_FEAT_WRITE_CACHE), 0);
	CHECK_EQ(guest.result, 1);
}

TAP_MAIN()
