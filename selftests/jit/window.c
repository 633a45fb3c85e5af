// SPDX-License-Identifier: GPL-2.0-only
/* A window whose pages are all there, to what notes a fault in it. */
#include <kernel/bpf/lambda/internal.h>

/* No page appears on first touch: it was an access out of bounds. */
int bpf_lambda_window_touch(struct bpf_lambda_window *w, s64 addr, bool write)
{
	return 1;
}

struct page *bpf_lambda_window_page(struct bpf_lambda_window *w, u32 addr)
{
	static char page;

	return bpf_lambda_layout_segment(&w->layout, addr) < 0 ? NULL :
	       (struct page *)&page;
}
