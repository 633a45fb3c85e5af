/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The λ drive in QEMU: the device, which is lambda_nvme.c, and its parts: its
 * configuration, its media, its memory, and the threads that run λs and that
 * read and write the media.
 */
#ifndef HW_LAMBDA_NVME_H
#define HW_LAMBDA_NVME_H

#include "hw/pci/pci.h"
#include "qapi/qapi-types-common.h"
#include "fw_ctrl.h"
#include "fw_posix.h"

/* Where later versions have moved things to. */
#if __has_include("hw/pci/pci_device.h")
#include "hw/pci/pci_device.h"
#endif

/* An id that nobody's quirks are written for; U+03BB is the letter λ. */
#define LAMBDA_VENDOR   PCI_VENDOR_ID_QEMU
#define LAMBDA_DEVICE   0x03bb

/**
 * LambdaMedia - an image file that is the media
 * @fd: the file, locked for us alone; -1 when there is none
 * @bytes: its size
 * @trims: space of it can be given back
 */
typedef struct LambdaMedia {
    int fd;
    uint64_t bytes;
    bool trims;
} LambdaMedia;

bool lambda_nvme_media_open(LambdaMedia *m, const char *path, Error **errp);
void lambda_nvme_media_close(LambdaMedia *m);

/* Does an operation, from any thread; as struct fw_hal's @media returns it. */
int lambda_nvme_media_do(const LambdaMedia *m, const struct fw_op *op);

/**
 * LambdaMemory - what λs run in; outlives the device while one of them does
 * @pool: the controller
 * @text: for translated λs, written at one address and executed at another
 * @windows: show parts of @pool once more, for λs to run in; or NULL
 */
typedef struct LambdaMemory {
    struct fw_pool pool;
    struct fw_text text;
    struct fw_windows *windows;
} LambdaMemory;

bool lambda_nvme_memory_pool(LambdaMemory *m, uint64_t bytes, Error **errp);
bool lambda_nvme_memory_text(LambdaMemory *m, uint64_t bytes, Error **errp);

/* Gives back what there is, from any thread. */
void lambda_nvme_memory_free(LambdaMemory *m);

typedef struct LambdaWorkers LambdaWorkers;

/**
 * LambdaGang - threads that do one kind of work
 * @LAMBDA_GANG_RUN: run λs, and make programs ready to be
 * @LAMBDA_GANG_MEDIA: do operations on the media
 */
typedef enum LambdaGang {
    LAMBDA_GANG_RUN,
    LAMBDA_GANG_MEDIA,
    LAMBDA_GANGS,
} LambdaGang;

/**
 * lambda_nvme_workers_start - start threads
 * @counts: how many of each gang
 * @media: theirs from now on, until they close it
 * @finished: called for each work that is over, in the main loop and with
 *            QEMU's lock held
 * @opaque: for @finished
 *
 * At first they hold, see below.
 */
LambdaWorkers *lambda_nvme_workers_start(const unsigned counts[LAMBDA_GANGS],
                                         LambdaMedia media,
                                         void (*finished)(void *opaque,
                                                          struct fw_work *work),
                                         void *opaque);

/* Hands over work, from under QEMU's lock. */
void lambda_nvme_workers_add(LambdaWorkers *w, LambdaGang gang,
                             struct fw_work *work);

/*
 * Keeps back what is over and begins no operation on the media, and returns
 * when none is under way; or goes on with both.
 */
void lambda_nvme_workers_hold(LambdaWorkers *w, bool hold);

/**
 * lambda_nvme_workers_end - end the threads without waiting for them
 * @w: gone with the last of them
 * @memory: of the work, by then told to stop; freed with @w
 *
 * Work that is waiting or over is forgotten, and the media closed when no
 * operation on it is under way. May be called by @finished.
 */
void lambda_nvme_workers_end(LambdaWorkers *w, LambdaMemory memory);

/**
 * LambdaNvme - the device
 * @bar: registers and doorbells
 * @alarm: calls the firmware
 * @when: it wants to be called; set when @depth is 0 again
 * @media: its media; closed by @threads, if there are any
 * @memory: what it is made of, until the threads take it over at the end
 * @threads: do what takes time; NULL: nobody, it is done in the doorbell write
 * @ctrl: the firmware; NULL before it was made and after it was freed
 * @longest: processor time that it has held QEMU's lock at a time, in ns
 * @begun: of the thread, when this began
 * @depth: calls of the firmware, or messages sent for it, that are on the stack
 * @nested: such a message has come back as a call
 * @raised: vectors to be raised when it is 0 again, a bit for each
 * @late: raises those that are left then
 * @state: tells when the machine is stopped and goes on
 * @running: it is not stopped
 * @gone: unrealized; what is on the stack is all that there still is
 */
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
    bool guard;
    uint32_t workers;
    uint32_t media_workers;
    uint32_t slots;
    uint64_t slot_size;
    uint32_t programs;
    uint64_t program_size;
    uint64_t insns_max;
    uint64_t ns_max;
    uint32_t version;           /* 0: as the firmware says */
    uint32_t contract;          /* of what it keeps, the parts it tells */
    bool faults;
    bool measure;

    MemoryRegion bar;
    QEMUTimer *alarm;
    uint64_t when;
    LambdaMedia media;
    LambdaMemory memory;
    LambdaWorkers *threads;
    struct fw_ctrl *ctrl;
    uint64_t longest;
    uint64_t begun;
    unsigned depth;
    bool nested;
    uint32_t raised;
    QEMUBH *late;
    VMChangeStateEntry *state;
    bool running;
    bool gone;
};

#define TYPE_LAMBDA_NVME "lambda-nvme"
OBJECT_DECLARE_SIMPLE_TYPE(LambdaNvme, LAMBDA_NVME)

/**
 * lambda_nvme_configure - go from properties to struct fw_config
 * @d: the device; its image is opened
 * @cfg: what it says; the hooks are not filled in
 */
bool lambda_nvme_configure(LambdaNvme *d, struct fw_config *cfg, Error **errp);

/* describe.c: describes the properties of the class, which has them. */
void lambda_nvme_describe(ObjectClass *oc);

#endif
