/* SPDX-License-Identifier: GPL-2.0-only */
/* Overlays whose layers are on filesystems of the test's choice. */
#ifndef LAMBDA_SELFTEST_OVERLAY_H
#define LAMBDA_SELFTEST_OVERLAY_H

#include "mounts.h"

/**
 * struct overlay - an overlay and its layers
 * @lower: directory of the lower layer
 * @upper: directory with the upper one, `upper`, and `work`
 * @dir:   where it is mounted
 */
struct overlay {
	char lower[128], upper[128];
	const char *dir;
};

static inline char *overlay_name(const char *layer, const char *name)
{
	static char paths[2][192];
	static int last;

	last = !last;
	snprintf(paths[last], sizeof(paths[0]), "%s/%s", layer, name);
	return paths[last];
}

/* Where a file of the overlay lies in a layer; good for two calls. */
static inline char *overlay_lower(const struct overlay *o, const char *name)
{
	return overlay_name(o->lower, name);
}

static inline char *overlay_upper(const struct overlay *o, const char *name)
{
	return overlay_name(overlay_name(o->upper, "upper"), name);
}

static inline void overlay_rm(const struct overlay *o)
{
	char *argv[] = { "rm", "-rf", (char *)o->lower, (char *)o->upper, NULL };

	run_quietly(argv);
}

/* Makes empty layers on two filesystems; those of a run before go. */
static inline void overlay_layers(struct overlay *o, const char *lower,
				  const char *upper)
{
	o->dir = NULL;
	snprintf(o->lower, sizeof(o->lower), "%s/overlay-lower", lower);
	snprintf(o->upper, sizeof(o->upper), "%s/overlay-upper", upper);
	overlay_rm(o);
	if (mkdir(o->lower, 0777) || mkdir(o->upper, 0777) ||
	    mkdir(overlay_name(o->upper, "upper"), 0777) ||
	    mkdir(overlay_name(o->upper, "work"), 0777))
		mount_failed(o->upper);
}

/*
 * Mounts it on @dir, in place of where it was before. @more is put behind the
 * options, and begins with a comma.
 */
static inline void overlay_mount(struct overlay *o, const char *dir,
				 const char *more)
{
	char options[640];

	snprintf(options, sizeof(options),
		 "lowerdir=%s,upperdir=%s/upper,workdir=%s/work%s", o->lower,
		 o->upper, o->upper, more);
	if ((o->dir && umount(o->dir)) ||
	    (mkdir(dir, 0777) && errno != EEXIST) ||
	    mount("none", dir, "overlay", 0, options))
		mount_failed(dir);
	o->dir = dir;
}

/* Takes it away, and the layers. */
static inline void overlay_end(struct overlay *o)
{
	umount2(o->dir, MNT_DETACH);
	overlay_rm(o);
}

#endif /* LAMBDA_SELFTEST_OVERLAY_H */
