/* SPDX-License-Identifier: GPL-2.0-only */
/* What Debian's build would write: where modules are, and there are none. */
#define DEB_HOST_MULTIARCH ""
