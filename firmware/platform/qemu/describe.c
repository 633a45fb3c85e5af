// SPDX-License-Identifier: GPL-2.0-or-later
/* What -device lambda-nvme,help says; the firmware's README.md has more. */
#include "qemu/osdep.h"

#include "lambda_nvme.h"

static const struct {
    const char *name, *what;
} descriptions[] = {
    { "image", "raw file, locked while it is used" },
    { "profile", "what the drive is made of: one of configs/csd" },
    { "serial", "1 to 20 characters, another one for each drive" },
    { "lba-sizes", "512 unless told, or 4096; 512:4096 for two namespaces" },
    { "io-queues", "pairs of I/O queues, 1 to 16" },
    { "timing", "on/off/auto: commands take their time; auto: the profile's" },
    { "pipeline", "on/off/auto: stages overlap; auto: the profile's" },
    { "dilation", "how many times as slow, 1 to 1000; 0: the profile's" },
    { "jit", "on/off: off has programs interpreted" },
    { "guard", "on/off: off has translated programs compare addresses" },
    { "workers", "threads that run programs, one a core unless told" },
    { "media-workers", "threads that use the image, 4 unless told" },
    { "slots", "requests held, at most 64; 0: a plain disk" },
    { "slot-size", "memory of each request" },
    { "programs", "programs held" },
    { "program-size", "bytes of each program" },
    { "insns-max", "instructions that a request may take" },
    { "ns-max", "nanoseconds that a request may take" },
    { "version", "for tests: of the command set, as told; 0: its own" },
    { "contract", "for tests: parts of the contract, as told, a bit each" },
    { "faults", "on/off, for tests: the guest may have commands go wrong" },
    { "measure", "on/off, for tests: longest-ns is measured" },
};

void lambda_nvme_describe(ObjectClass *oc)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(descriptions); i++) {
        object_class_property_set_description(oc, descriptions[i].name,
                                              descriptions[i].what);
    }
}
