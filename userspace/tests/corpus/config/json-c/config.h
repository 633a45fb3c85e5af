/* SPDX-License-Identifier: GPL-2.0-only */
/* What json-c's configure would write of a system without files. */
#define HAVE_DECL_INFINITY 1
#define HAVE_DECL_ISINF 1
#define HAVE_DECL_ISNAN 1
#define HAVE_DECL_NAN 1
#define HAVE_ENDIAN_H 1
#define HAVE_LIMITS_H 1
#define HAVE_REALLOC 1
#define HAVE_SNPRINTF 1
#define HAVE_STDARG_H 1
#define STDC_HEADERS 1
#define HAVE_STRDUP 1
#define HAVE_FCNTL_H 1
#define HAVE_UNISTD_H 1
#define HAVE_STRNCASECMP 1
#define HAVE_STRINGS_H 1
#define HAVE_VASPRINTF 1
#define SIZEOF_INT 4
#define SIZEOF_INT64_T 8
#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_SIZE_T 8
#define SIZEOF_SSIZE_T 8
