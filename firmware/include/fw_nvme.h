/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * NVM Express 1.4 as far as this controller speaks it: registers, queue
 * entries, data structures and status codes, named as the specification does.
 */
#ifndef FW_NVME_H
#define FW_NVME_H

#include "fw_types.h"

#define BIT(n)			(1u << (n))
#define BIT_ULL(n)		(1ull << (n))

#define FW_NVME_VERSION		0x00010400u

/* Controller registers: offsets into BAR 0. */
enum fw_reg {
	FW_REG_CAP = 0x00,
	FW_REG_CAP_HIGH = 0x04,
	FW_REG_VS = 0x08,
	FW_REG_INTMS = 0x0c,
	FW_REG_INTMC = 0x10,
	FW_REG_CC = 0x14,
	FW_REG_CSTS = 0x1c,
	FW_REG_AQA = 0x24,
	FW_REG_ASQ = 0x28,
	FW_REG_ASQ_HIGH = 0x2c,
	FW_REG_ACQ = 0x30,
	FW_REG_ACQ_HIGH = 0x34,
	FW_REG_DOORBELL = 0x1000,
};

#define FW_CAP_MQES(n)		((u64)(n))
#define FW_CAP_CQR		BIT_ULL(16)
#define FW_CAP_TO(half_sec)	((u64)(half_sec) << 24)
#define FW_CAP_CSS_NVM		BIT_ULL(37)

#define FW_CC_EN		BIT(0)
#define FW_CC_CSS(cc)		(((cc) >> 4) & 7)
#define FW_CC_MPS(cc)		(((cc) >> 7) & 15)
#define FW_CC_AMS(cc)		(((cc) >> 11) & 7)
#define FW_CC_SHN(cc)		(((cc) >> 14) & 3)
#define FW_CC_IOSQES(cc)	(((cc) >> 16) & 15)
#define FW_CC_IOCQES(cc)	(((cc) >> 20) & 15)

#define FW_CSTS_RDY		BIT(0)
#define FW_CSTS_CFS		BIT(1)
#define FW_CSTS_SHST_OCCURRING	(1u << 2)
#define FW_CSTS_SHST_DONE	(2u << 2)
#define FW_CSTS_SHST_MASK	(3u << 2)

#define FW_SQE_SHIFT		6	/* a submission entry has 64 bytes */
#define FW_CQE_SHIFT		4	/* a completion entry has 16 bytes */

/**
 * struct fw_sqe - submission queue entry
 * @opcode: command
 * @flags:  fused operation (bits 0-1) and PSDT (bits 6-7); both must be 0
 * @cid:    command identifier, returned in the completion
 * @nsid:   namespace
 * @cdw2:   command dwords 2 and 3
 * @cdw3:   see @cdw2
 * @mptr:   metadata pointer, unused
 * @prp1:   first PRP entry
 * @prp2:   second PRP entry, or address of a PRP list
 * @cdw10:  command dwords 10 to 15
 * @cdw11:  see @cdw10
 * @cdw12:  see @cdw10
 * @cdw13:  see @cdw10
 * @cdw14:  see @cdw10
 * @cdw15:  see @cdw10
 */
struct fw_sqe {
	u8 opcode;
	u8 flags;
	u16 cid;
	u32 nsid;
	u32 cdw2;
	u32 cdw3;
	u64 mptr;
	u64 prp1;
	u64 prp2;
	u32 cdw10;
	u32 cdw11;
	u32 cdw12;
	u32 cdw13;
	u32 cdw14;
	u32 cdw15;
};

/**
 * struct fw_cqe - completion queue entry
 * @result:  dwords 0 and 1, meaning depends on the command
 * @sq_head: where the controller will fetch next
 * @sq_id:   submission queue of the command
 * @cid:     its identifier
 * @status:  phase tag in bit 0, status above it
 */
struct fw_cqe {
	u64 result;
	u16 sq_head;
	u16 sq_id;
	u16 cid;
	u16 status;
};

enum fw_admin_opcode {
	FW_ADMIN_DELETE_SQ = 0x00,
	FW_ADMIN_CREATE_SQ = 0x01,
	FW_ADMIN_GET_LOG = 0x02,
	FW_ADMIN_DELETE_CQ = 0x04,
	FW_ADMIN_CREATE_CQ = 0x05,
	FW_ADMIN_IDENTIFY = 0x06,
	FW_ADMIN_ABORT = 0x08,
	FW_ADMIN_SET_FEATURES = 0x09,
	FW_ADMIN_GET_FEATURES = 0x0a,
	FW_ADMIN_ASYNC_EVENT = 0x0c,
	FW_ADMIN_VENDOR = 0xc0,		/* from here on */
};

enum fw_io_opcode {
	FW_IO_FLUSH = 0x00,
	FW_IO_WRITE = 0x01,
	FW_IO_READ = 0x02,
	FW_IO_COMPARE = 0x05,
	FW_IO_WRITE_ZEROES = 0x08,
	FW_IO_DSM = 0x09,
	FW_IO_VENDOR = 0x80,		/* from here on */
};

#define FW_NSID_ALL		0xffffffffu

#define FW_RW_FUA		BIT(30)	/* cdw12 */
#define FW_DSM_AD		BIT(2)	/* cdw11 */

/*
 * Status field without the phase tag: code in bits 0-7, type in bits 8-10.
 * DNR tells the host that the same command would fail again.
 */
enum fw_status {
	FW_SC_SUCCESS = 0x00,
	FW_SC_INVALID_OPCODE = 0x01,
	FW_SC_INVALID_FIELD = 0x02,
	FW_SC_DATA_TRANSFER = 0x04,
	FW_SC_ABORT_REQUESTED = 0x07,
	FW_SC_ABORT_SQ_DELETED = 0x08,
	FW_SC_INVALID_NAMESPACE = 0x0b,
	FW_SC_SEQUENCE = 0x0c,
	FW_SC_INVALID_PRP_OFFSET = 0x13,
	FW_SC_WRITE_PROTECTED = 0x20,
	FW_SC_LBA_RANGE = 0x80,
	FW_SC_CAPACITY = 0x81,
	FW_SC_CQ_INVALID = 0x100,
	FW_SC_INVALID_QID = 0x101,
	FW_SC_QUEUE_SIZE = 0x102,
	FW_SC_AER_LIMIT = 0x105,
	FW_SC_INVALID_VECTOR = 0x108,
	FW_SC_INVALID_LOG_PAGE = 0x109,
	FW_SC_QUEUE_DELETION = 0x10c,
	FW_SC_FEATURE_NOT_SAVEABLE = 0x10d,
	FW_SC_FEATURE_NOT_NS = 0x10f,
	FW_SC_WRITE_FAULT = 0x280,
	FW_SC_READ_ERROR = 0x281,
	FW_SC_COMPARE_FAILED = 0x285,
	FW_SC_DNR = 0x4000,
};

/**
 * struct fw_lbaf - one LBA format
 * @ms:    metadata bytes, 0
 * @lbads: log2 of the LBA's bytes
 * @rp:    relative performance
 */
struct fw_lbaf {
	u16 ms;
	u8 lbads;
	u8 rp;
};

/* struct fw_id_ns - Identify, CNS 00h; fields as in the specification. */
struct fw_id_ns {
	u64 nsze;
	u64 ncap;
	u64 nuse;
	u8 nsfeat;
	u8 nlbaf;
	u8 flbas;
	u8 mc;
	u8 dpc;
	u8 dps;
	u8 nmic;
	u8 rescap;
	u8 fpi;
	u8 dlfeat;
	u8 reserved34[65];
	u8 nsattr;
	u8 reserved100[4];
	u8 nguid[16];
	u8 eui64[8];
	struct fw_lbaf lbaf[16];
	u8 reserved192[3904];
};

#define FW_DLFEAT_ZEROES	0x01	/* deallocated blocks read as zero */
#define FW_DLFEAT_WZ_DEAC	0x08	/* Write Zeroes may deallocate */
#define FW_NSATTR_PROTECTED	BIT(0)	/* writes fail now */

/* struct fw_id_ctrl_nvm - Identify, CNS 06h; fields as in the specification. */
struct fw_id_ctrl_nvm {
	u8 vsl;
	u8 wzsl;
	u8 wusl;
	u8 dmrl;
	u32 dmrsl;
	u64 dmsl;
	u8 reserved16[4080];
};

/* struct fw_power_state - one power state descriptor, the fields in use. */
struct fw_power_state {
	u16 max_power;
	u8 reserved2[2];
	u32 entry_lat;
	u32 exit_lat;
	u8 reserved12[20];
};

/* struct fw_id_ctrl - Identify, CNS 01h; fields as in the specification. */
struct fw_id_ctrl {
	u16 vid;
	u16 ssvid;
	char sn[20];
	char mn[40];
	char fr[8];
	u8 rab;
	u8 ieee[3];
	u8 cmic;
	u8 mdts;
	u16 cntlid;
	u32 ver;
	u32 rtd3r;
	u32 rtd3e;
	u32 oaes;
	u32 ctratt;
	u8 reserved100[11];
	u8 cntrltype;
	u8 fguid[16];
	u8 reserved128[128];
	u16 oacs;
	u8 acl;
	u8 aerl;
	u8 frmw;
	u8 lpa;
	u8 elpe;
	u8 npss;
	u8 avscc;
	u8 apsta;
	u16 wctemp;
	u16 cctemp;
	u16 mtfa;
	u32 hmpre;
	u32 hmmin;
	u8 tnvmcap[16];
	u8 unvmcap[16];
	u8 reserved312[200];
	u8 sqes;
	u8 cqes;
	u16 maxcmd;
	u32 nn;
	u16 oncs;
	u16 fuses;
	u8 fna;
	u8 vwc;
	u16 awun;
	u16 awupf;
	u8 nvscc;
	u8 nwpc;
	u16 acwu;
	u8 reserved534[2];
	u32 sgls;
	u32 mnan;
	u8 reserved544[224];
	char subnqn[256];
	u8 reserved1024[1024];
	struct fw_power_state psd[32];
	u8 vs[1024];
};

#define FW_LPA_EFFECTS		BIT(1)
#define FW_LPA_EXTENDED		BIT(2)
#define FW_ONCS_COMPARE		BIT(0)
#define FW_ONCS_DSM		BIT(2)
#define FW_ONCS_WRITE_ZEROES	BIT(3)
#define FW_VWC_PRESENT		BIT(0)
#define FW_VWC_FLUSH_ALL	(3u << 1)	/* Flush of all namespaces */

enum fw_cns {
	FW_CNS_NS = 0x00,
	FW_CNS_CTRL = 0x01,
	FW_CNS_NS_LIST = 0x02,
	FW_CNS_NS_DESCS = 0x03,
	FW_CNS_CTRL_SET = 0x06,		/* of one command set */
	FW_CNS_VENDOR = 0xc0,		/* from here on */
};

/* The command set whose limits CNS 06h tells: cdw11, bits 24-31. */
#define FW_CSI_NVM		0

/* Types and lengths in the list of CNS 03h. */
#define FW_NIDT_NGUID		2
#define FW_NIDT_UUID		3
#define FW_NID_BYTES		16

enum fw_feature_id {
	FW_FEAT_ARBITRATION = 0x01,
	FW_FEAT_POWER = 0x02,
	FW_FEAT_TEMPERATURE = 0x04,
	FW_FEAT_ERROR_RECOVERY = 0x05,
	FW_FEAT_WRITE_CACHE = 0x06,
	FW_FEAT_QUEUES = 0x07,
	FW_FEAT_COALESCING = 0x08,
	FW_FEAT_VECTOR = 0x09,
	FW_FEAT_ATOMICITY = 0x0a,
	FW_FEAT_EVENTS = 0x0b,
};

enum fw_log_id {
	FW_LOG_ERROR = 0x01,
	FW_LOG_SMART = 0x02,
	FW_LOG_FIRMWARE = 0x03,
	FW_LOG_EFFECTS = 0x05,
	FW_LOG_VENDOR = 0xc0,		/* from here on */
};

/* struct fw_log_error - entry of log 01h; fields as in the specification. */
struct fw_log_error {
	u64 count;
	u16 sq_id;
	u16 cid;
	u16 status;
	u16 location;
	u64 lba;
	u32 nsid;
	u8 vendor;
	u8 trtype;
	u8 reserved30[2];
	u64 command_info;
	u16 type_info;
	u8 reserved42[22];
};

/*
 * struct fw_log_smart - log 02h; 128-bit counters as two halves, of which the
 * upper one stays 0.
 */
struct fw_log_smart {
	u8 critical_warning;
	u8 temperature[2];
	u8 avail_spare;
	u8 spare_thresh;
	u8 percent_used;
	u8 reserved6[26];
	u64 data_units_read[2];
	u64 data_units_written[2];
	u64 host_reads[2];
	u64 host_writes[2];
	u64 busy_minutes[2];
	u64 power_cycles[2];
	u64 power_on_hours[2];
	u64 unsafe_shutdowns[2];
	u64 media_errors[2];
	u64 error_entries[2];
	u32 warning_temp_minutes;
	u32 critical_temp_minutes;
	u16 temp_sensor[8];
	u8 reserved216[296];
};

#define FW_SMART_WARN_TEMPERATURE	BIT(1)
#define FW_SMART_WARN_RELIABILITY	BIT(2)
#define FW_SMART_WARN_READ_ONLY		BIT(3)

/* struct fw_log_firmware - log 03h. */
struct fw_log_firmware {
	u8 active;
	u8 reserved1[7];
	char revision[7][8];
	u8 reserved64[448];
};

/* struct fw_log_effects - log 05h. */
struct fw_log_effects {
	u32 admin[256];
	u32 io[256];
	u8 reserved2048[2048];
};

#define FW_EFFECT_SUPPORTED	BIT(0)
#define FW_EFFECT_CONTENT	BIT(1)	/* changes the data */

/* struct fw_dsm_range - one range of Dataset Management. */
struct fw_dsm_range {
	u32 attributes;
	u32 blocks;
	u64 slba;
};

/* Asynchronous events: type in bits 0-2, information 8-15, log 16-23. */
enum fw_event_type {
	FW_EVENT_ERROR = 0,
	FW_EVENT_SMART = 1,
	FW_EVENT_TYPES = 2,
};

#define FW_EVENT_BAD_DOORBELL_REG	0
#define FW_EVENT_BAD_DOORBELL_VALUE	1
#define FW_EVENT_RELIABILITY		0
#define FW_EVENT_TEMPERATURE		1

FW_ASSERT(sizeof(struct fw_sqe) == 1 << FW_SQE_SHIFT, "SQE");
FW_ASSERT(sizeof(struct fw_cqe) == 1 << FW_CQE_SHIFT, "CQE");
FW_ASSERT(sizeof(struct fw_id_ns) == 4096, "Identify Namespace");
FW_ASSERT(offsetof(struct fw_id_ns, nsattr) == 99, "NSATTR");
FW_ASSERT(offsetof(struct fw_id_ns, nguid) == 104, "NGUID");
FW_ASSERT(offsetof(struct fw_id_ns, lbaf) == 128, "LBAF0");
FW_ASSERT(sizeof(struct fw_id_ctrl_nvm) == 4096, "NVM command set");
FW_ASSERT(sizeof(struct fw_power_state) == 32, "power state");
FW_ASSERT(sizeof(struct fw_id_ctrl) == 4096, "Identify Controller");
FW_ASSERT(offsetof(struct fw_id_ctrl, oacs) == 256, "OACS");
FW_ASSERT(offsetof(struct fw_id_ctrl, sqes) == 512, "SQES");
FW_ASSERT(offsetof(struct fw_id_ctrl, subnqn) == 768, "SUBNQN");
FW_ASSERT(offsetof(struct fw_id_ctrl, psd) == 2048, "PSD0");
FW_ASSERT(sizeof(struct fw_log_error) == 64, "error log entry");
FW_ASSERT(sizeof(struct fw_log_smart) == 512, "SMART log");
FW_ASSERT(sizeof(struct fw_log_firmware) == 512, "firmware log");
FW_ASSERT(sizeof(struct fw_log_effects) == 4096, "effects log");
FW_ASSERT(sizeof(struct fw_dsm_range) == 16, "DSM range");

#endif /* FW_NVME_H */
