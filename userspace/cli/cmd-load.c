// SPDX-License-Identifier: GPL-2.0-only
/* lambda load: verify a program and say what it is. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "functions-json.h"
#include "json.h"
#include "pin.h"

enum {
	KEY_PIN = 256,
};

struct load_options {
	struct loaded loaded;
	const char *pin;
	bool hold, json;
};

static const struct argp_option options[] = {
	{ "hold", 'w', NULL, 0,
	  "Keep the program loaded until this command is killed", 2 },
	{ "pin", KEY_PIN, "PATH", 0,
	  "Let it stay loaded, by that name in a BPF filesystem", 2 },
	JSON_OPTION,
	{ 0 }
};

static error_t cmd_load_parse(int key, char *arg, struct argp_state *state)
{
	struct load_options *opts = state->input;

	switch (key) {
	case 'w':
		opts->hold = true;
		return 0;
	case KEY_PIN:
		opts->pin = arg;
		return 0;
	case 'j':
		opts->json = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->loaded;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_usage(state);
		opts->loaded.path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which object?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &load_argp, 0, NULL, 0 },
					      { 0 } };

static const struct argp argp = {
	options,
	cmd_load_parse,
	"OBJ",
	"Loads a λ program into the kernel, which verifies it, and prints what it is. It is unloaded again at the end, unless it is pinned.",
	children,
	NULL,
	NULL
};

static void cmd_load_print_functions(const struct lambda_program *prog)
{
	struct lambda_function func;
	unsigned int i;

	for (i = 0; !lambda_program__function(prog, i, &func); i++) {
		print(stdout, "%-12s %s: %zu instructions from %zu",
		      i ? "" : "functions", func.name, func.count, func.start);
		if (func.file)
			print(stdout, ", %s:%u", func.file, func.line);
		putchar('\n');
	}
}

/* A field that all descriptors have, or whose line is none. */
static bool cmd_load_is_common(const char *line)
{
	return !strchr(line, ':') || !strncmp(line, "pos:", 4) ||
	       !strncmp(line, "flags:", 6) || !strncmp(line, "mnt_id:", 7) ||
	       !strncmp(line, "ino:", 4);
}

/* What the kernel says of a handle. */
static int cmd_load_print_handle(int fd, struct json *json)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return complain(EXIT_SYSTEM, "cannot read %s", path);
	while (fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ':');

		if (cmd_load_is_common(line))
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		value[strcspn(value, "\n")] = '\0';
		if (json)
			json_word(json, line, value);
		else
			print(stdout, "%-12s %s\n", line, value);
	}
	fclose(file);
	return 0;
}

static int cmd_load_print_loaded(const struct loaded *loaded)
{
	print(stdout, "%-12s %s\n", "program",
	      lambda_program__name(loaded->prog));
	cmd_load_print_functions(loaded->prog);
	return cmd_load_print_handle(loaded->fd, NULL);
}

static int cmd_load_put_loaded(const struct loaded *loaded)
{
	struct json json = { .to = stdout };
	int code;

	json_begin(&json, NULL, '{');
	json_text(&json, "program", lambda_program__name(loaded->prog));
	functions_json(&json, loaded->prog, true);
	json_begin(&json, "handle", '{');
	code = cmd_load_print_handle(loaded->fd, &json);
	json_end(&json, '}');
	json_end(&json, '}');
	json_done(&json);
	return code;
}

/* Prints what is loaded, and keeps it as long as it is wanted. */
static int cmd_load_keep(const struct load_options *opts,
			 const struct image *image)
{
	const struct loaded *loaded = &opts->loaded;
	int code = 0;

	if (opts->pin)
		code = cli_pin_make(opts->pin, loaded, image);
	if (!code)
		code = opts->json ? cmd_load_put_loaded(loaded) :
				    cmd_load_print_loaded(loaded);
	fflush(stdout);
	if (!code && opts->hold)
		pause();
	return code;
}

int cmd_load(int argc, char **argv)
{
	struct load_options opts = { 0 };
	struct image image = { 0 };
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	if (opts.pin)
		code = loaded_open_image(&opts.loaded, &image);
	else
		code = loaded_open(&opts.loaded);
	if (!code)
		code = loaded_load(&opts.loaded);
	if (!code)
		code = cmd_load_keep(&opts, &image);
	loaded_close(&opts.loaded);
	free(image.bytes);
	return code;
}
