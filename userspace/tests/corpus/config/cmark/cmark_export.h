/* SPDX-License-Identifier: GPL-2.0-only */
/* What cmark's build would write. */
#define CMARK_EXPORT
