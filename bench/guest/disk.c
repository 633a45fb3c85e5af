// SPDX-License-Identifier: GPL-2.0-only
/* How a disk is to choose a side, by what sysfs has of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "bench.h"

static FILE *guest_disk_open_setting(const struct work *w, const char *name,
				     const char *mode)
{
	struct stat st;
	char path[256];
	FILE *file;

	if (fstat(w->plain, &st))
		return NULL;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/lambda/%s",
		 major(st.st_dev), minor(st.st_dev), name);
	file = fopen(path, mode);
	if (!file)
		fail("%s: %s", path, strerror(errno));
	return file;
}

static int guest_disk_put(const struct work *w, const char *name,
			  const char *text)
{
	FILE *file = guest_disk_open_setting(w, name, "we");
	bool ok = file && fputs(text, file) >= 0;

	if (file && fclose(file))
		ok = false;
	return ok ? 0 : fail("%s: cannot be set to %s", name, text);
}

static int guest_disk_put_number(const struct work *w, const char *name,
				 unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	return guest_disk_put(w, name, text);
}

static int guest_disk_get_number(const struct work *w, const char *name,
				 unsigned int *value)
{
	FILE *file = guest_disk_open_setting(w, name, "re");
	bool ok = file && fscanf(file, "%u", value) == 1;

	if (file)
		fclose(file);
	return ok ? 0 : fail("%s: no number", name);
}

static int guest_disk_put_period(const struct work *w, unsigned int period,
				 unsigned int probes)
{
	return guest_disk_put_number(w, "period", period) ||
			       guest_disk_put_number(w, "probes", probes) ?
		       -1 :
		       0;
}

int guest_disk_tell(struct work *w)
{
	const struct point *p = w->point;

	if (p->method == METHOD_BOTH && guest_disk_put(w, "policy", "both"))
		return -1;
	if (!p->period)
		return 0;
	if (guest_disk_get_number(w, "period", &w->period) ||
	    guest_disk_get_number(w, "probes", &w->probes))
		return -1;
	return guest_disk_put_period(w, p->period, p->probes);
}

int guest_disk_tell_again(struct work *w)
{
	int err = 0;

	if (w->point->method == METHOD_BOTH && w->plain >= 0)
		err = guest_disk_put(w, "policy", "auto");
	if (w->period)
		err = guest_disk_put_period(w, w->period, w->probes) || err ?
		      -1 : 0;
	return err;
}
