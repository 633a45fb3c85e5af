/* SPDX-License-Identifier: GPL-2.0-only */
/* What expat's configure would write. */
#define BYTEORDER 1234
#define XML_CONTEXT_BYTES 1024
#define XML_DTD 1
#define XML_NS 1
