// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A computational storage drive: liblambda-fw.a as a PCI device.
 *
 *   -device lambda-nvme,image=FILE,profile=FILE,serial=TEXT[,...]
 *
 * The firmware is the drive; here is only what it asks of the world (struct
 * fw_hal) and what QEMU asks of a device. All of it runs under QEMU's lock.
 * The state of λs cannot be moved to another QEMU: migration is refused.
 *
 * An interrupt is a message that the guest sends wherever it likes: to the
 * register that ejects this device, to one that resets it, to its doorbells.
 * So messages are sent when the firmware is not on the stack, and what it is
 * made of stays until neither it nor the sending is; see lambda_nvme_enter().
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "hw/pci/msix.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "lambda_nvme.h"

/* Where later versions have moved things to. */
#if __has_include("exec/icount.h")
#include "exec/icount.h"
#elif __has_include("system/cpu-timers.h")
#include "system/cpu-timers.h"
#else
#include "sysemu/cpu-timers.h"
#endif
#if __has_include("system/runstate.h")
#include "system/runstate.h"
#else
#include "sysemu/runstate.h"
#endif

#define LAMBDA_MSIX_BAR 4

/* An instruction translated in both ways takes so many times its own bytes. */
#define LAMBDA_TEXT_RATIO 16

/* `workers` left out: as many as the drive has cores; `media-workers`: so. */
#define LAMBDA_WORKERS_AUTO UINT32_MAX
#define LAMBDA_MEDIA_WORKERS 4
#define LAMBDA_MEDIA_WORKERS_MAX 16

/* The hooks, in the order of struct fw_hal. */

/* To and from memory only: DMA that reached a device could come back here. */
static int lambda_nvme_dma(LambdaNvme *d, u64 addr, void *buf, u32 len,
                           DMADirection dir)
{
    MemTxAttrs attrs = { .memory = 1, .requester_id = pci_requester_id(
                             PCI_DEVICE(d)) };

    if (d->gone) {
        return -1;
    }
    return pci_dma_rw(PCI_DEVICE(d), addr, buf, len, dir, attrs) == MEMTX_OK ?
           0 : -1;
}

static int lambda_nvme_dma_read(void *ctx, u64 addr, void *buf, u32 len)
{
    return lambda_nvme_dma(ctx, addr, buf, len, DMA_DIRECTION_TO_DEVICE);
}

static int lambda_nvme_dma_write(void *ctx, u64 addr, const void *buf, u32 len)
{
    return lambda_nvme_dma(ctx, addr, (void *)buf, len,
                           DMA_DIRECTION_FROM_DEVICE);
}

static void lambda_nvme_irq(void *ctx, u16 vector)
{
    LambdaNvme *d = ctx;

    d->raised |= 1u << vector;
}

static u64 lambda_nvme_now(void *ctx)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void lambda_nvme_alarm(void *ctx, u64 when)
{
    LambdaNvme *d = ctx;

    d->when = when;
}

static int lambda_nvme_do_media(void *ctx, struct fw_op *op)
{
    LambdaNvme *d = ctx;

    if (!d->media_workers) {
        return lambda_nvme_media_do(&d->media, op);
    }
    lambda_nvme_workers_add(d->threads, LAMBDA_GANG_MEDIA, &op->work);
    return FW_LATER;
}

static void lambda_nvme_defer(void *ctx, struct fw_work *work)
{
    LambdaNvme *d = ctx;

    lambda_nvme_workers_add(d->threads, LAMBDA_GANG_RUN, work);
}

/* Where QEMU calls in. */

/* Frees what there is; λs that still run have been told to stop. */
static void lambda_nvme_free(LambdaNvme *d)
{
    if (d->threads) {
        lambda_nvme_workers_end(d->threads, d->memory);
    } else {
        lambda_nvme_memory_free(&d->memory);
        lambda_nvme_media_close(&d->media);
    }
    d->threads = NULL;
    d->memory = (LambdaMemory) { 0 };
    d->media.fd = -1;
    d->ctrl = NULL;
    if (d->alarm) {
        timer_free(d->alarm);
        d->alarm = NULL;
    }
    if (d->late) {
        qemu_bh_delete(d->late);
        d->late = NULL;
    }
}

static uint64_t lambda_nvme_thread_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * NANOSECONDS_PER_SECOND + t.tv_nsec;
}

/*
 * Whether there is still a device. Then it stays, with all that it is made of,
 * until lambda_nvme_leave().
 */
static bool lambda_nvme_enter(LambdaNvme *d)
{
    if (d->gone) {
        return false;
    }
    object_ref(OBJECT(d));
    if (d->measure && !d->depth) {
        d->begun = lambda_nvme_thread_ns();
    }
    d->nested |= d->depth > 0;
    d->depth++;
    return true;
}

/*
 * Sends a message for each vector that is raised. They may raise more, of
 * which those that had their turn wait for the main loop, and so do all once
 * one has called the firmware: a guest that keeps a drive busy with its own
 * messages does not keep QEMU. A machine that stands still gets none.
 */
static void lambda_nvme_send(LambdaNvme *d)
{
    d->nested = false;
    for (unsigned i = 0; i < FW_VECTORS_MAX && d->running && !d->gone; i++) {
        if (d->raised & 1u << i && !d->nested) {
            d->raised &= ~(1u << i);
            msix_notify(PCI_DEVICE(d), i);
        }
    }
    if (d->raised && d->running && !d->gone) {
        qemu_bh_schedule(d->late);
    }
}

/*
 * After the messages: with -icount the clock of a guest that is idle leaps to
 * the next alarm as soon as one is set, and those messages would come late.
 */
static void lambda_nvme_set_alarm(LambdaNvme *d)
{
    if (d->gone || d->when > INT64_MAX) {
        timer_del(d->alarm);
    } else {
        timer_mod_ns(d->alarm, d->when);
    }
}

static void lambda_nvme_leave(LambdaNvme *d)
{
    QEMU_BUILD_BUG_ON(FW_VECTORS_MAX > 32);

    if (d->depth == 1) {
        lambda_nvme_send(d);
        lambda_nvme_set_alarm(d);
    }
    d->depth--;
    if (d->measure && !d->depth) {
        d->longest = MAX(d->longest, lambda_nvme_thread_ns() - d->begun);
    }
    if (!d->depth && d->gone) {
        lambda_nvme_free(d);
    }
    object_unref(OBJECT(d));
}

static void lambda_nvme_send_late(void *opaque)
{
    LambdaNvme *d = opaque;

    if (lambda_nvme_enter(d)) {
        lambda_nvme_leave(d);
    }
}

static void lambda_nvme_work_done(void *opaque, struct fw_work *work)
{
    LambdaNvme *d = opaque;

    if (lambda_nvme_enter(d)) {
        fw_ctrl_work_done(d->ctrl, work);
        lambda_nvme_leave(d);
    }
}

static void lambda_nvme_alarm_rings(void *opaque)
{
    LambdaNvme *d = opaque;

    if (lambda_nvme_enter(d)) {
        fw_ctrl_alarm(d->ctrl);
        lambda_nvme_leave(d);
    }
}

/*
 * A processor that found the registers may have waited for QEMU's lock while
 * the drive was pulled out. No firmware is there then.
 */
static uint64_t lambda_nvme_bar_read(void *opaque, hwaddr addr, unsigned size)
{
    LambdaNvme *d = opaque;

    return d->gone ? UINT64_MAX : fw_ctrl_read(d->ctrl, addr, size);
}

static void lambda_nvme_bar_write(void *opaque, hwaddr addr, uint64_t value,
                                  unsigned size)
{
    LambdaNvme *d = opaque;

    if (lambda_nvme_enter(d)) {
        fw_ctrl_write(d->ctrl, addr, value, size);
        lambda_nvme_leave(d);
    }
}

static const MemoryRegionOps lambda_bar_ops = {
    .read = lambda_nvme_bar_read,
    .write = lambda_nvme_bar_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

/* Touches nothing outside the device, so it need not wait for `hold`. */
static void lambda_nvme_reset_enter(Object *obj, ResetType type)
{
    LambdaNvme *d = LAMBDA_NVME(obj);

    if (d->ctrl && !d->gone) {
        fw_ctrl_reset(d->ctrl);
        d->raised = 0;
        lambda_nvme_set_alarm(d);
    }
}

/*
 * The clock of a machine that stands still does so as well, and with it the
 * alarm. What its λs and its media have come to waits, and so do messages.
 */
static void lambda_nvme_state_changed(void *opaque, bool running,
                                      RunState state)
{
    LambdaNvme *d = opaque;

    d->running = running;
    if (d->threads) {
        lambda_nvme_workers_hold(d->threads, !running);
    }
    if (running) {
        qemu_bh_schedule(d->late);
    }
}

static void lambda_nvme_config_write(PCIDevice *pci, uint32_t addr,
                                     uint32_t value, int len)
{
    pci_default_write_config(pci, addr, value, len);
    if (pci_is_express(pci)) {
        pcie_cap_flr_write_config(pci, addr, value, len);
    }
}

static void lambda_nvme_set_hooks(LambdaNvme *d, struct fw_hal *hal)
{
    *hal = (struct fw_hal) {
        .ctx = d,
        .dma_read = lambda_nvme_dma_read,
        .dma_write = lambda_nvme_dma_write,
        .irq = lambda_nvme_irq,
        .now = lambda_nvme_now,
        .alarm = lambda_nvme_alarm,
        .media = lambda_nvme_do_media,
        .trims = d->media.trims,
    };
}

/* What the property says, or @all if it is left out; never any with -icount. */
static bool lambda_nvme_count(uint32_t *count, uint32_t all, uint32_t max,
                              const char *name, Error **errp)
{
    if (icount_enabled() && *count && *count != LAMBDA_WORKERS_AUTO) {
        error_setg(errp, "with -icount all is done in the doorbell: %s=0",
                   name);
        return false;
    }
    if (*count == LAMBDA_WORKERS_AUTO) {
        *count = icount_enabled() ? 0 : all;
    }
    if (*count > max) {
        error_setg(errp, "a drive has at most %" PRIu32 " %s", max, name);
        return false;
    }
    return true;
}

static bool lambda_nvme_set_workers(LambdaNvme *d, struct fw_config *cfg,
                                    Error **errp)
{
    unsigned counts[LAMBDA_GANGS];

    if (!lambda_nvme_count(&d->workers, cfg->profile.cores, FW_CORES_MAX,
                           "workers", errp) ||
        !lambda_nvme_count(&d->media_workers, LAMBDA_MEDIA_WORKERS,
                           LAMBDA_MEDIA_WORKERS_MAX, "media-workers", errp)) {
        return false;
    }
    counts[LAMBDA_GANG_RUN] = d->slots ? d->workers : 0;
    counts[LAMBDA_GANG_MEDIA] = d->media_workers;
    if (counts[LAMBDA_GANG_RUN]) {
        cfg->hal.defer = lambda_nvme_defer;
    }
    if (counts[LAMBDA_GANG_RUN] || counts[LAMBDA_GANG_MEDIA]) {
        d->threads = lambda_nvme_workers_start(counts, d->media,
                                               lambda_nvme_work_done, d);
    }
    return true;
}

static bool lambda_nvme_set_text(LambdaNvme *d, struct fw_config *cfg,
                                 Error **errp)
{
    if (!d->jit || !d->slots) {
        return true;
    }
    if (!lambda_nvme_memory_text(&d->memory, (uint64_t)d->programs *
                                 d->program_size * LAMBDA_TEXT_RATIO, errp)) {
        return false;
    }
    cfg->hal.text = d->memory.text;
    if (d->guard) {
        cfg->hal.guard.run = fw_windows_run;
    }
    return true;
}

/* The windows are of the pool, whose size depends on there being some. */
static void lambda_nvme_set_windows(LambdaNvme *d, struct fw_config *cfg)
{
    cfg->hal.guard.ctx = d->memory.windows;
    if (!d->memory.windows) {
        cfg->hal.guard.run = NULL;
    }
}

/* Life and death. */

/* Has the configuration judged before anything is allocated by its word. */
static bool lambda_nvme_create(LambdaNvme *d, struct fw_config *cfg,
                               Error **errp)
{
    struct fw_pool measure = { 0 };
    const char *why;

    lambda_nvme_set_hooks(d, &cfg->hal);
    fw_ctrl_create(cfg, &measure, &why);
    if (!measure.used) {
        error_setg(errp, "%s", why);
        return false;
    }
    if (!lambda_nvme_set_text(d, cfg, errp) ||
        !lambda_nvme_set_workers(d, cfg, errp)) {
        return false;
    }
    measure.used = 0;
    fw_ctrl_create(cfg, &measure, &why);
    if (!lambda_nvme_memory_pool(&d->memory, measure.used, errp)) {
        return false;
    }
    lambda_nvme_set_windows(d, cfg);
    d->ctrl = fw_ctrl_create(cfg, &d->memory.pool, &why);
    if (!d->ctrl) {
        error_setg(errp, "%s", why);
    }
    return d->ctrl;
}

/* No PCI Express function is without; what it holds, it keeps in D3hot. */
static bool lambda_nvme_init_power(PCIDevice *pci, Error **errp)
{
    int at = pci_add_capability(pci, PCI_CAP_ID_PM, 0, PCI_PM_SIZEOF, errp);

    if (at < 0) {
        return false;
    }
    pci_set_word(pci->config + at + PCI_PM_PMC, PCI_PM_CAP_VER_1_2);
    pci_set_word(pci->config + at + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pci->wmask + at + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

static bool lambda_nvme_init_pci(LambdaNvme *d, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(d);
    unsigned vectors = d->io_queues + 1;

    pci_config_set_prog_interface(pci->config, 2);  /* NVM Express */
    if (pci_bus_is_express(pci_get_bus(pci))) {
        pcie_endpoint_cap_init(pci, 0x80);
        pcie_cap_flr_init(pci);
    }
    if (!lambda_nvme_init_power(pci, errp)) {
        return false;
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

static void lambda_nvme_realize(PCIDevice *pci, Error **errp)
{
    LambdaNvme *d = LAMBDA_NVME(pci);
    struct fw_config cfg;

    d->alarm = timer_new_ns(QEMU_CLOCK_VIRTUAL, lambda_nvme_alarm_rings, d);
    d->when = FW_NEVER;
    /* The guard of qemu_bh_new_guarded() might not outlive the call. */
    d->late = qemu_bh_new(lambda_nvme_send_late, d);
    if (!lambda_nvme_configure(d, &cfg, errp) ||
        !lambda_nvme_create(d, &cfg, errp) || !lambda_nvme_init_pci(d, errp)) {
        lambda_nvme_free(d);
        return;
    }
    d->state = qdev_add_vm_change_state_handler(DEVICE(d),
                                                lambda_nvme_state_changed, d);
    lambda_nvme_state_changed(d, runstate_is_running(), RUN_STATE__MAX);
}

/*
 * By now the registers are gone. If this comes from a message or a hook, those
 * below on the stack find the device gone and free the rest.
 */
static void lambda_nvme_exit(PCIDevice *pci)
{
    LambdaNvme *d = LAMBDA_NVME(pci);

    qemu_del_vm_change_state_handler(d->state);
    fw_ctrl_reset(d->ctrl);
    d->gone = true;
    msix_uninit_exclusive_bar(pci);
    if (!d->depth) {
        lambda_nvme_free(d);
    }
}

static void lambda_nvme_instance_init(Object *obj)
{
    LambdaNvme *d = LAMBDA_NVME(obj);

    d->media.fd = -1;
    object_property_add_uint64_ptr(obj, "longest-ns", &d->longest,
                                   OBJ_PROP_FLAG_READ);
    object_property_set_description(obj, "longest-ns",
                                    "for which QEMU's lock was held");
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
    DEFINE_PROP_BOOL("guard", LambdaNvme, guard, true),
    DEFINE_PROP_UINT32("workers", LambdaNvme, workers, LAMBDA_WORKERS_AUTO),
    DEFINE_PROP_UINT32("media-workers", LambdaNvme, media_workers,
                       LAMBDA_WORKERS_AUTO),
    DEFINE_PROP_UINT32("slots", LambdaNvme, slots, 8),
    DEFINE_PROP_SIZE("slot-size", LambdaNvme, slot_size, 32 << 20),
    DEFINE_PROP_UINT32("programs", LambdaNvme, programs, 16),
    DEFINE_PROP_SIZE("program-size", LambdaNvme, program_size, 4 << 20),
    DEFINE_PROP_UINT64("insns-max", LambdaNvme, insns_max, 1000000000),
    DEFINE_PROP_UINT64("ns-max", LambdaNvme, ns_max, 1000000000),
    DEFINE_PROP_UINT32("version", LambdaNvme, version, 0),
    DEFINE_PROP_UINT32("contract", LambdaNvme, contract, UINT32_MAX),
    DEFINE_PROP_BOOL("faults", LambdaNvme, faults, false),
    DEFINE_PROP_BOOL("measure", LambdaNvme, measure, false),
#ifdef DEFINE_PROP_END_OF_LIST
    DEFINE_PROP_END_OF_LIST(),
#endif
};

static const VMStateDescription lambda_vmstate = {
    .name = TYPE_LAMBDA_NVME,
    .unmigratable = 1,
};

static void lambda_nvme_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = lambda_nvme_realize;
    pc->exit = lambda_nvme_exit;
    pc->config_write = lambda_nvme_config_write;
    pc->vendor_id = LAMBDA_VENDOR;
    pc->device_id = LAMBDA_DEVICE;
    pc->subsystem_vendor_id = LAMBDA_VENDOR;
    pc->subsystem_id = LAMBDA_DEVICE;
    pc->class_id = PCI_CLASS_STORAGE_EXPRESS;
    dc->desc = "computational storage drive";
    dc->vmsd = &lambda_vmstate;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, lambda_properties);
    lambda_nvme_describe(oc);
    RESETTABLE_CLASS(oc)->phases.enter = lambda_nvme_reset_enter;
}

static const TypeInfo lambda_nvme_info = {
    .name = TYPE_LAMBDA_NVME,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(LambdaNvme),
    .instance_init = lambda_nvme_instance_init,
    .class_init = lambda_nvme_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void lambda_nvme_register(void)
{
    type_register_static(&lambda_nvme_info);
}
type_init(lambda_nvme_register)
