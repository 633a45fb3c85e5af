/* SPDX-License-Identifier: GPL-2.0-only */
/* What cmark's build would write. */
#define CMARK_VERSION ((0 << 16) | (30 << 8) | 2)
#define CMARK_VERSION_STRING "0.30.2"
