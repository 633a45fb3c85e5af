// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A computational storage drive: liblambda-fw.a as a PCI device.
 *
 *   -device lambda-nvme,image=FILE,profile=FILE,serial=TEXT[,...]
 *
 * The firmware is the drive; here is only what it asks of the world (struct
 * fw_hal) and what QEMU asks of a device. All of it runs under QEMU's lock.
 * The state of λs cannot be moved to another QEMU: migration is refused.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "lambda_nvme.h"

/* Where later versions have moved things to. */
#if __has_include("hw/pci/pci_device.h")
#include "hw/pci/pci_device.h"
#endif
#if __has_include("exec/icount.h")
#include "exec/icount.h"
#elif __has_include("system/cpu-timers.h")
#include "system/cpu-timers.h"
#else
#include "sysemu/cpu-timers.h"
#endif

#define TYPE_LAMBDA_NVME "lambda-nvme"
OBJECT_DECLARE_SIMPLE_TYPE(LambdaNvme, LAMBDA_NVME)

/* An id that nobody's quirks are written for; U+03BB is the letter λ. */
#define LAMBDA_VENDOR   PCI_VENDOR_ID_QEMU
#define LAMBDA_DEVICE   0x03bb

#define LAMBDA_MSIX_BAR 4

/* A translated instruction takes at most so many times its own bytes. */
#define LAMBDA_TEXT_RATIO 8

/* The property `workers` left out: as many as the drive has cores. */
#define LAMBDA_WORKERS_AUTO UINT32_MAX

struct LambdaNvme {
    PCIDevice parent_obj;

    /* properties */
    char *image;
    char *profile;
    char *serial;
    char *lba_sizes;
    uint32_t io_queues;
    OnOffAuto timing;
    OnOffAuto pipeline;
    uint32_t dilation;          /* 0: as the profile says */
    bool jit;
    uint32_t workers;
    uint32_t slots;
    uint64_t slot_size;
    uint32_t programs;
    uint64_t program_size;
    uint64_t insns_max;
    uint64_t ns_max;
    bool faults;

    MemoryRegion bar;
    QEMUTimer *alarm;
    LambdaMedia media;
    struct fw_text text;
    struct fw_pool pool;
    LambdaWorkers *threads;     /* NULL: λs run in the doorbell write */
    struct fw_ctrl *ctrl;
};

/* The hooks, in the order of struct fw_hal. */

/* To and from memory only: DMA that reached a device could come back here. */
static int lambda_dma(LambdaNvme *d, u64 addr, void *buf, u32 len,
                      DMADirection dir)
{
    MemTxAttrs attrs = { .memory = 1, .requester_id = pci_requester_id(
                             PCI_DEVICE(d)) };

    return pci_dma_rw(PCI_DEVICE(d), addr, buf, len, dir, attrs) == MEMTX_OK ?
           0 : -1;
}

static int lambda_dma_read(void *ctx, u64 addr, void *buf, u32 len)
{
    return lambda_dma(ctx, addr, buf, len, DMA_DIRECTION_TO_DEVICE);
}

static int lambda_dma_write(void *ctx, u64 addr, const void *buf, u32 len)
{
    return lambda_dma(ctx, addr, (void *)buf, len, DMA_DIRECTION_FROM_DEVICE);
}

static void lambda_irq(void *ctx, u16 vector)
{
    msix_notify(PCI_DEVICE(ctx), vector);
}

static u64 lambda_now(void *ctx)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void lambda_alarm(void *ctx, u64 when)
{
    LambdaNvme *d = ctx;

    if (when > INT64_MAX) {
        timer_del(d->alarm);
    } else {
        timer_mod_ns(d->alarm, when);
    }
}

static int lambda_read(void *ctx, u64 offset, void *buf, u32 len)
{
    LambdaNvme *d = ctx;

    return lambda_media_read(&d->media, offset, buf, len);
}

static int lambda_write(void *ctx, u64 offset, const void *buf, u32 len)
{
    LambdaNvme *d = ctx;

    return lambda_media_write(&d->media, offset, buf, len);
}

static int lambda_zero(void *ctx, u64 offset, u64 len)
{
    LambdaNvme *d = ctx;

    return lambda_media_zero(&d->media, offset, len);
}

static int lambda_flush(void *ctx)
{
    LambdaNvme *d = ctx;

    return lambda_media_flush(&d->media);
}

static void lambda_defer(void *ctx, struct fw_work *work)
{
    LambdaNvme *d = ctx;

    lambda_workers_add(d->threads, work);
}

/* Where QEMU calls in. */

static void lambda_work_done(void *opaque, struct fw_work *work)
{
    LambdaNvme *d = opaque;

    fw_ctrl_work_done(d->ctrl, work);
}

static void lambda_alarm_rings(void *opaque)
{
    LambdaNvme *d = opaque;

    fw_ctrl_alarm(d->ctrl);
}

/*
 * A processor that found the registers may have waited for QEMU's lock while
 * the drive was pulled out. Nobody is there then.
 */
static uint64_t lambda_bar_read(void *opaque, hwaddr addr, unsigned size)
{
    LambdaNvme *d = opaque;

    return d->ctrl ? fw_ctrl_read(d->ctrl, addr, size) : UINT64_MAX;
}

static void lambda_bar_write(void *opaque, hwaddr addr, uint64_t value,
                             unsigned size)
{
    LambdaNvme *d = opaque;

    if (d->ctrl) {
        fw_ctrl_write(d->ctrl, addr, value, size);
    }
}

static const MemoryRegionOps lambda_bar_ops = {
    .read = lambda_bar_read,
    .write = lambda_bar_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* Touches nothing outside the device, so it need not wait for `hold`. */
static void lambda_reset_enter(Object *obj, ResetType type)
{
    LambdaNvme *d = LAMBDA_NVME(obj);

    if (d->ctrl) {
        fw_ctrl_reset(d->ctrl);
    }
}

static void lambda_config_write(PCIDevice *pci, uint32_t addr, uint32_t value,
                                int len)
{
    pci_default_write_config(pci, addr, value, len);
    if (pci_is_express(pci)) {
        pcie_cap_flr_write_config(pci, addr, value, len);
    }
}

/* From properties to struct fw_config. */

static bool lambda_required(const char *value, const char *name,
                            const char *example, Error **errp)
{
    if (value && *value) {
        return true;
    }
    error_setg(errp, "lambda-nvme needs a property '%s'", name);
    error_append_hint(errp, "For example: %s=%s\n", name, example);
    return false;
}

static bool lambda_load_profile(LambdaNvme *d, struct fw_profile *p,
                                Error **errp)
{
    struct fw_profile_error wrong;
    g_autoptr(GError) err = NULL;
    g_autofree char *text = NULL;
    gsize len;

    if (!g_file_get_contents(d->profile, &text, &len, &err)) {
        error_setg(errp, "cannot read profile: %s", err->message);
        return false;
    }
    if (fw_profile_parse(p, text, len, &wrong)) {
        if (wrong.line) {
            error_setg(errp, "profile '%s', line %u: %s", d->profile,
                       wrong.line, wrong.why);
        } else {
            error_setg(errp, "profile '%s' lacks '%s'", d->profile, wrong.why);
        }
        return false;
    }
    if (d->timing != ON_OFF_AUTO_AUTO) {
        p->timing = d->timing == ON_OFF_AUTO_ON;
    }
    if (d->pipeline != ON_OFF_AUTO_AUTO) {
        p->pipeline = d->pipeline == ON_OFF_AUTO_ON;
    }
    if (d->dilation) {
        p->dilation = d->dilation;
    }
    return true;
}

/* One namespace for each LBA size; they share the image evenly. */
static bool lambda_set_namespaces(LambdaNvme *d, struct fw_config *cfg,
                                  Error **errp)
{
    const char *sizes = d->lba_sizes ? d->lba_sizes : "512";
    g_auto(GStrv) list = g_strsplit(sizes, ":", FW_NAMESPACES_MAX + 1);

    cfg->nr_ns = g_strv_length(list);
    if (!cfg->nr_ns || cfg->nr_ns > FW_NAMESPACES_MAX) {
        error_setg(errp, "lba-sizes names 1 to %d namespaces",
                   FW_NAMESPACES_MAX);
        return false;
    }
    for (unsigned i = 0; i < cfg->nr_ns; i++) {
        struct fw_ns_config *ns = &cfg->ns[i];

        if (g_str_equal(list[i], "512")) {
            ns->lba_shift = 9;
        } else if (g_str_equal(list[i], "4096")) {
            ns->lba_shift = 12;
        } else {
            error_setg(errp, "lba-sizes: '%s' is neither 512 nor 4096",
                       list[i]);
            return false;
        }
        ns->bytes = d->media.bytes / cfg->nr_ns & ~(FW_PAGE - 1ull);
    }
    if (!cfg->ns[0].bytes) {
        error_setg(errp, "image '%s' is too small for %u namespaces",
                   d->image, cfg->nr_ns);
        return false;
    }
    return true;
}

static bool lambda_set_lambda(LambdaNvme *d, struct fw_config *cfg,
                              Error **errp)
{
    if (d->slot_size > UINT32_MAX || d->program_size > UINT32_MAX) {
        error_setg(errp, "slot-size and program-size are below 4 GiB");
        return false;
    }
    cfg->lambda = (struct fw_lambda_config) {
        .slots = d->slots,
        .slot_bytes = d->slot_size,
        .programs = d->programs,
        .program_max = d->program_size,
        .insns_max = d->insns_max,
        .ns_max = d->ns_max,
    };
    return true;
}

static bool lambda_set_workers(LambdaNvme *d, struct fw_config *cfg,
                               Error **errp)
{
    uint32_t count = d->workers;

    if (icount_enabled() && count && count != LAMBDA_WORKERS_AUTO) {
        error_setg(errp, "with -icount λs run in the doorbell: workers=0");
        return false;
    }
    if (count == LAMBDA_WORKERS_AUTO) {
        count = icount_enabled() ? 0 : cfg->profile.cores;
    }
    if (count > FW_CORES_MAX) {
        error_setg(errp, "a drive has at most %d workers", FW_CORES_MAX);
        return false;
    }
    if (count && d->slots) {
        d->threads = lambda_workers_start(count, lambda_work_done, d);
        cfg->hal.defer = lambda_defer;
    }
    return true;
}

static bool lambda_set_text(LambdaNvme *d, struct fw_config *cfg, Error **errp)
{
    if (!d->jit || !d->slots) {
        return true;
    }
    if (!lambda_text_reserve(&d->text, (uint64_t)d->programs *
                             d->program_size * LAMBDA_TEXT_RATIO, errp)) {
        return false;
    }
    cfg->hal.text = d->text;
    return true;
}

static bool lambda_configure(LambdaNvme *d, struct fw_config *cfg,
                             Error **errp)
{
    *cfg = (struct fw_config) {
        .hal = {
            .ctx = d,
            .dma_read = lambda_dma_read,
            .dma_write = lambda_dma_write,
            .irq = lambda_irq,
            .now = lambda_now,
            .alarm = lambda_alarm,
            .media_read = lambda_read,
            .media_write = lambda_write,
            .media_zero = lambda_zero,
            .media_flush = lambda_flush,
        },
        .serial = d->serial,
        .vendor = LAMBDA_VENDOR,
        .subvendor = LAMBDA_VENDOR,
        .io_queues = d->io_queues,
        .faults = d->faults,
    };
    return lambda_required(d->image, "image", "disk.img", errp) &&
           lambda_required(d->profile, "profile", "configs/csd/balanced.conf",
                           errp) &&
           lambda_required(d->serial, "serial", "LAMBDA0001", errp) &&
           lambda_load_profile(d, &cfg->profile, errp) &&
           lambda_media_open(&d->media, d->image, errp) &&
           lambda_set_namespaces(d, cfg, errp) &&
           lambda_set_lambda(d, cfg, errp);
}

/* Life and death. */

/* Has the configuration judged before anything is allocated by its word. */
static bool lambda_create(LambdaNvme *d, struct fw_config *cfg, Error **errp)
{
    struct fw_pool measure = { 0 };
    const char *why;
    void *mem;

    fw_ctrl_create(cfg, &measure, &why);
    if (!measure.used) {
        error_setg(errp, "%s", why);
        return false;
    }
    if (!lambda_set_text(d, cfg, errp) || !lambda_set_workers(d, cfg, errp)) {
        return false;
    }
    measure.used = 0;
    fw_ctrl_create(cfg, &measure, &why);
    mem = mmap(NULL, measure.used, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem == MAP_FAILED) {
        error_setg_errno(errp, errno, "no %" PRIu64 " bytes for the drive's"
                         " memory", (uint64_t)measure.used);
        return false;
    }
    d->pool = (struct fw_pool) { .mem = mem, .size = measure.used };
    d->ctrl = fw_ctrl_create(cfg, &d->pool, &why);
    if (!d->ctrl) {
        error_setg(errp, "%s", why);
    }
    return d->ctrl;
}

static bool lambda_init_pci(LambdaNvme *d, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(d);
    unsigned vectors = d->io_queues + 1;

    pci_config_set_prog_interface(pci->config, 2);  /* NVM Express */
    if (pci_bus_is_express(pci_get_bus(pci))) {
        pcie_endpoint_cap_init(pci, 0x80);
        pcie_cap_flr_init(pci);
    }
    memory_region_init_io(&d->bar, OBJECT(d), &lambda_bar_ops, d,
                          TYPE_LAMBDA_NVME, FW_BAR_BYTES);
    pci_register_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, &d->bar);
    if (msix_init_exclusive_bar(pci, vectors, LAMBDA_MSIX_BAR, errp)) {
        return false;
    }
    for (unsigned i = 0; i < vectors; i++) {
        msix_vector_use(pci, i);
    }
    return true;
}

/* Frees what there is; λs still running are told to stop, then waited for. */
static void lambda_tear_down(LambdaNvme *d)
{
    if (d->ctrl) {
        fw_ctrl_reset(d->ctrl);
    }
    if (d->threads) {
        lambda_workers_stop(d->threads);
        d->threads = NULL;
    }
    d->ctrl = NULL;
    if (d->alarm) {
        timer_free(d->alarm);
        d->alarm = NULL;
    }
    if (d->pool.mem) {
        munmap(d->pool.mem, d->pool.size);
        d->pool = (struct fw_pool) { 0 };
    }
    lambda_text_release(&d->text);
    lambda_media_close(&d->media);
}

static void lambda_realize(PCIDevice *pci, Error **errp)
{
    LambdaNvme *d = LAMBDA_NVME(pci);
    struct fw_config cfg;

    d->alarm = timer_new_ns(QEMU_CLOCK_VIRTUAL, lambda_alarm_rings, d);
    if (!lambda_configure(d, &cfg, errp) || !lambda_create(d, &cfg, errp) ||
        !lambda_init_pci(d, errp)) {
        lambda_tear_down(d);
    }
}

static void lambda_exit(PCIDevice *pci)
{
    lambda_tear_down(LAMBDA_NVME(pci));
    msix_uninit_exclusive_bar(pci);
}

static void lambda_instance_init(Object *obj)
{
    LAMBDA_NVME(obj)->media.fd = -1;
}

/* Later versions want the list constant and find its end themselves. */
#ifdef DEFINE_PROP_END_OF_LIST
static Property lambda_properties[] = {
#else
static const Property lambda_properties[] = {
#endif
    DEFINE_PROP_STRING("image", LambdaNvme, image),
    DEFINE_PROP_STRING("profile", LambdaNvme, profile),
    DEFINE_PROP_STRING("serial", LambdaNvme, serial),
    DEFINE_PROP_STRING("lba-sizes", LambdaNvme, lba_sizes),
    DEFINE_PROP_UINT32("io-queues", LambdaNvme, io_queues, 8),
    DEFINE_PROP_ON_OFF_AUTO("timing", LambdaNvme, timing, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_ON_OFF_AUTO("pipeline", LambdaNvme, pipeline,
                            ON_OFF_AUTO_AUTO),
    DEFINE_PROP_UINT32("dilation", LambdaNvme, dilation, 0),
    DEFINE_PROP_BOOL("jit", LambdaNvme, jit, true),
    DEFINE_PROP_UINT32("workers", LambdaNvme, workers, LAMBDA_WORKERS_AUTO),
    DEFINE_PROP_UINT32("slots", LambdaNvme, slots, 8),
    DEFINE_PROP_SIZE("slot-size", LambdaNvme, slot_size, 32 << 20),
    DEFINE_PROP_UINT32("programs", LambdaNvme, programs, 16),
    DEFINE_PROP_SIZE("program-size", LambdaNvme, program_size, 4 << 20),
    DEFINE_PROP_UINT64("insns-max", LambdaNvme, insns_max, 1000000000),
    DEFINE_PROP_UINT64("ns-max", LambdaNvme, ns_max, 1000000000),
    DEFINE_PROP_BOOL("faults", LambdaNvme, faults, false),
#ifdef DEFINE_PROP_END_OF_LIST
    DEFINE_PROP_END_OF_LIST(),
#endif
};

static const VMStateDescription lambda_vmstate = {
    .name = TYPE_LAMBDA_NVME,
    .unmigratable = 1,
};

static void lambda_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = lambda_realize;
    pc->exit = lambda_exit;
    pc->config_write = lambda_config_write;
    pc->vendor_id = LAMBDA_VENDOR;
    pc->device_id = LAMBDA_DEVICE;
    pc->subsystem_vendor_id = LAMBDA_VENDOR;
    pc->subsystem_id = LAMBDA_DEVICE;
    pc->class_id = PCI_CLASS_STORAGE_EXPRESS;
    dc->desc = "computational storage drive";
    dc->vmsd = &lambda_vmstate;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, lambda_properties);
    RESETTABLE_CLASS(oc)->phases.enter = lambda_reset_enter;
}

static const TypeInfo lambda_nvme_info = {
    .name = TYPE_LAMBDA_NVME,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(LambdaNvme),
    .instance_init = lambda_instance_init,
    .class_init = lambda_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void lambda_register(void)
{
    type_register_static(&lambda_nvme_info);
}
type_init(lambda_register)
