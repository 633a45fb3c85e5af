// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Settings of a session. */
#include "pg_lambda.h"

#include "utils/guc.h"

int			pgl_side = PGL_SIDE_AUTO;
bool		pgl_aggregates = true;
bool		pgl_joins = true;
int			pgl_mapped = 1024 * 1024;
bool		pgl_always = false;
bool		pgl_interpret = false;
int			pgl_request_delay = 0;

static const struct config_enum_entry settings_sides[] = {
	{"auto", PGL_SIDE_AUTO, false},
	{"host", PGL_SIDE_HOST, false},
	{"device", PGL_SIDE_DEVICE, false},
	{"process", PGL_SIDE_PROCESS, false},
	{"off", PGL_SIDE_OFF, false},
	{NULL, 0, false}
};

const char *
pgl_side_text(int side)
{
	const struct config_enum_entry *entry = settings_sides;

	while (entry->val != side)
		entry++;
	return entry->name;
}

void
pgl_settings_init(void)
{
	DefineCustomEnumVariable("lambda.side",
							 "Where scans run that are pushed down as λs.",
							 "auto: where the kernel likes, or in the process where it runs no λs; off: nowhere.",
							 &pgl_side, PGL_SIDE_AUTO, settings_sides,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("lambda.aggregates",
							 "Pushes down aggregates as well as conditions.",
							 NULL, &pgl_aggregates, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("lambda.joins",
							 "Leaves rows in scans that a hash join has no partner for.",
							 NULL, &pgl_joins, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomIntVariable("lambda.mapped",
							"How much of tables a session keeps mapped for λs in its process.",
							"0: what they look at is copied.",
							&pgl_mapped, 1024 * 1024, 0, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomBoolVariable("lambda.always",
							 "Pushes down whatever can be, whatever it costs: for tests.",
							 NULL, &pgl_always, false, PGC_USERSET,
							 GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomBoolVariable("lambda.interpret",
							 "Has λs interpret the code of a query instead of making instructions of it.",
							 NULL, &pgl_interpret, false, PGC_USERSET,
							 GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomIntVariable("lambda.request_delay",
							"Waits between the look at the visibility map and a request: for tests.",
							NULL, &pgl_request_delay, 0, 0, 60000, PGC_SUSET,
							GUC_NOT_IN_SAMPLE | GUC_UNIT_MS, NULL, NULL, NULL);
	MarkGUCPrefixReserved("lambda");
}
