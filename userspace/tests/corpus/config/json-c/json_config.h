/* SPDX-License-Identifier: GPL-2.0-only */
/* What json-c's configure would write. */
#define JSON_C_HAVE_INTTYPES_H 1
