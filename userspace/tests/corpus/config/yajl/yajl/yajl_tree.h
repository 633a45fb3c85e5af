/* SPDX-License-Identifier: GPL-2.0-only */
/* Where yajl's build would put it. */
#include <api/yajl_tree.h>
