// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Windows of a drive, as many as it has requests: see fw_posix.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fw_limits.h"
#include "fw_posix.h"
#include "sbpf_posix.h"

/**
 * struct fw_window - one of them
 * @base:     its address space; NULL before it is first used
 * @shows:    what @view shows; nothing when its frames have no length
 * @view:     that, at @base
 * @mappings: what this takes of those that windows may have
 */
struct fw_window {
	u8 *base;
	struct sbpf_window shows;
	struct sbpf_window view;
	u32 mappings;
};

struct fw_windows {
	struct sbpf_posix_file file;
	struct fw_window at[FW_WINDOWS_MAX];
};

/* Of all windows of the process: mappings that they have, and may have. */
static u32 taken, most;

/* The system's own default, where it does not say. */
#define MAX_MAP_COUNT	65530u

static void posix_windows_find_most(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	u32 count;

	if (!file || fscanf(file, "%u", &count) != 1)
		count = MAX_MAP_COUNT;
	if (file)
		fclose(file);
	most = count / FW_WINDOWS_SHARE;
}

static void posix_windows_give_back(u32 mappings)
{
	__atomic_sub_fetch(&taken, mappings, __ATOMIC_RELAXED);
}

static bool posix_windows_take(u32 mappings)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, posix_windows_find_most);
	if (__atomic_add_fetch(&taken, mappings, __ATOMIC_RELAXED) <= most)
		return true;
	posix_windows_give_back(mappings);
	return false;
}

static void posix_windows_hide(struct fw_window *w)
{
	if (!w->shows.frame_len)
		return;
	sbpf_posix_unmap(&w->view);
	posix_windows_give_back(w->mappings);
	w->shows.frame_len = 0;
}

static bool posix_windows_shows(const struct fw_window *w,
				const struct sbpf_window *window)
{
	return w->shows.frame_len == window->frame_len &&
	       !memcmp(w->shows.seg, window->seg, sizeof(window->seg));
}

static bool posix_windows_show(struct fw_window *w,
			       const struct sbpf_window *window,
			       const struct sbpf_posix_file *file)
{
	posix_windows_hide(w);
	w->mappings = sbpf_posix_mappings(window);
	if (!posix_windows_take(w->mappings))
		return false;
	if (!w->base)
		w->base = sbpf_posix_reserve();
	if (!w->base || sbpf_posix_view(&w->view, w->base, window, file)) {
		posix_windows_give_back(w->mappings);
		return false;
	}
	w->shows = *window;
	return true;
}

struct fw_windows *fw_windows_new(int fd, const u8 *start)
{
	struct fw_windows *windows;

	if (sysconf(_SC_PAGESIZE) != FW_PAGE) {
		errno = ENOTSUP;
		return NULL;
	}
	windows = calloc(1, sizeof(*windows));
	if (!windows)
		return NULL;
	windows->file.start = start;
	windows->file.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (windows->file.fd < 0) {
		free(windows);
		return NULL;
	}
	return windows;
}

void fw_windows_free(struct fw_windows *windows)
{
	u32 i;

	if (!windows)
		return;
	for (i = 0; i < FW_WINDOWS_MAX; i++) {
		struct fw_window *w = &windows->at[i];

		posix_windows_hide(w);
		if (w->base)
			sbpf_posix_release(w->base);
	}
	close(windows->file.fd);
	free(windows);
}

void fw_windows_run(void *ctx, u32 place, struct sbpf_run *run)
{
	struct fw_windows *windows = ctx;
	struct fw_window *w = &windows->at[place];
	const struct sbpf_window *window = run->window;

	if (run->program->code[SBPF_JIT_GUARDED] &&
	    (posix_windows_shows(w, window) ||
	     posix_windows_show(w, window, &windows->file))) {
		w->view.out_cap = window->out_cap;
		run->window = &w->view;
	}
	sbpf_posix_run(run);
	run->window = window;
}
