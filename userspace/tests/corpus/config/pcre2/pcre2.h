/* SPDX-License-Identifier: GPL-2.0-only */
/* What pcre2's configure would write is what it brings as an example. */
#include "pcre2.h.generic"
