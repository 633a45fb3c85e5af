/* SPDX-License-Identifier: GPL-2.0-only */
/* What jansson's configure would write of a system without files. */
#define HAVE_LOCALE_H 1
#define HAVE_STDINT_H 1
#define HAVE_STRTOLL 1
#define INITIAL_HASHTABLE_ORDER 3
