// SPDX-License-Identifier: GPL-2.0-only
/* lambda version: which versions there are here, of all that has to fit together. */
#include <argp.h>

#include "cli.h"
#include "disk.h"
#include "version.h"

static const struct argp_option options[] = {
	JSON_OPTION,
	{ 0 }
};

static error_t cmd_version_parse(int key, char *arg, struct argp_state *state)
{
	bool *as_json = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		*as_json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	cmd_version_parse,
	"",
	"Says which version the command and its library are, and with which versions of the interfaces of kernel and drives; and which ones this kernel and the drives that it runs λs on have.",
	NULL,
	NULL,
	NULL
};

void cmd_version_say(FILE *to, struct argp_state *state)
{
	(void)state;
	fprintf(to, "lambda %s, version %d of the kernel's λ-IO interface\n",
		LAMBDA_VERSION, LAMBDA_ABI);
}

int cmd_version(int argc, char **argv)
{
	static struct version version;
	bool as_json = false;

	argp_parse(&argp, argc, argv, 0, NULL, &as_json);
	version_ask(SYSFS, &version);
	if (as_json) {
		version_json(&version, stdout);
		return 0;
	}
	cmd_version_say(stdout, NULL);
	version_print(&version, stdout);
	return 0;
}
