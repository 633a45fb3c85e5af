// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Where PostgreSQL begins: settings and hooks. */
#include "pg_lambda.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	pgl_settings_init();
	pgl_plan_scan_init();
	pgl_plan_group_init();
	pgl_plan_join_init();
	pgl_join_init();
	pgl_cursor_init();
	pgl_stat_init();
}
