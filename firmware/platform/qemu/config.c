// SPDX-License-Identifier: GPL-2.0-or-later
/* From the properties of the λ drive to the configuration of its firmware. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/guest-random.h"
#include "lambda_nvme.h"

static bool lambda_nvme_config_required(const char *value, const char *name,
                                        const char *example, Error **errp)
{
    if (value && *value) {
        return true;
    }
    error_setg(errp, "lambda-nvme needs a property '%s'", name);
    error_append_hint(errp, "For example: %s=%s\n", name, example);
    return false;
}

static bool lambda_nvme_config_profile(LambdaNvme *d, struct fw_profile *p,
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
static bool lambda_nvme_config_namespaces(LambdaNvme *d, struct fw_config *cfg,
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

static bool lambda_nvme_config_lambda(LambdaNvme *d, struct fw_config *cfg,
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
        .version = d->version,
        .withheld = ~d->contract,
    };
    /* with -seed it is the same from run to run, and in no two of one */
    qemu_guest_getrandom_nofail(&cfg->lambda.boot, sizeof(cfg->lambda.boot));
    return true;
}

bool lambda_nvme_configure(LambdaNvme *d, struct fw_config *cfg, Error **errp)
{
    *cfg = (struct fw_config) {
        .serial = d->serial,
        .vendor = LAMBDA_VENDOR,
        .subvendor = LAMBDA_VENDOR,
        .io_queues = d->io_queues,
        .faults = d->faults,
    };
    return lambda_nvme_config_required(d->image, "image", "disk.img", errp) &&
           lambda_nvme_config_required(d->profile, "profile",
                                       "configs/csd/balanced.conf", errp) &&
           lambda_nvme_config_required(d->serial, "serial", "LAMBDA0001",
                                       errp) &&
           lambda_nvme_config_profile(d, &cfg->profile, errp) &&
           lambda_nvme_media_open(&d->media, d->image, errp) &&
           lambda_nvme_config_namespaces(d, cfg, errp) &&
           lambda_nvme_config_lambda(d, cfg, errp);
}
