// SPDX-License-Identifier: GPL-2.0-only
/* lambda list: the programs that can be told by name, a line of each. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "layout-json.h"

static const struct argp_option options[] = { JSON_OPTION, { 0 } };

static error_t cmd_list_parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

static const struct argp argp = {
	options,
	cmd_list_parse,
	"",
	"Lists the λ programs that need no path: those in the folders of LAMBDA_PATH and those that are installed, with the names of their arguments; in brackets those that may be left out. What cannot be opened is left out.",
	NULL,
	NULL,
	NULL
};

/* Bytes of a name without folder and suffix. */
static int cmd_list_name_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strlen(slash + 1) - strlen(OBJECT_SUFFIX);
}

/* Whether another object of that name is the one that is meant by it. */
static bool cmd_list_is_hidden(const char *path)
{
	char word[PATH_MAX], found[PATH_MAX];

	snprintf(word, sizeof(word), "%.*s", cmd_list_name_length(path),
		 strrchr(path, '/') + 1);
	return find_object(word, found) && strcmp(found, path);
}

static void cmd_list_print_arguments(const struct lambda_layout *layout)
{
	__u32 i;

	for (i = 0; layout && i < layout->nr_fields; i++) {
		const struct lambda_field *field = &layout->fields[i];

		print(stdout, field->given ? " [%s]" : " %s", field->name);
	}
}

static void cmd_list_print_program(const char *path,
				   const struct lambda_object *obj,
				   const struct lambda_program *prog)
{
	const char *about = lambda_object__about(obj);

	print(stdout, "%.*s", cmd_list_name_length(path),
	      strrchr(path, '/') + 1);
	cmd_list_print_arguments(lambda_program__args_layout(prog));
	if (about)
		print(stdout, ": %s", about);
	print(stdout, "\n");
}

static void cmd_list_put_program(struct json *json, const char *path,
				 const struct lambda_object *obj,
				 const struct lambda_program *prog)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%.*s", cmd_list_name_length(path),
		 strrchr(path, '/') + 1);
	json_begin(json, NULL, '{');
	json_text(json, "name", name);
	json_text(json, "path", path);
	json_text(json, "about", lambda_object__about(obj));
	layout_json_fields(json, "arguments",
			   lambda_program__args_layout(prog));
	json_end(json, '}');
}

static void cmd_list_show_object(const char *path, struct json *json)
{
	struct lambda_program *prog;
	struct lambda_object *obj;

	if (lambda_object__open(path, NULL, 0, &obj))
		return;
	if (!lambda_object__program(obj,
				    lambda_object__program_name(obj, 0), NULL,
				    0, &prog)) {
		if (json)
			cmd_list_put_program(json, path, obj, prog);
		else
			cmd_list_print_program(path, obj, prog);
	}
	lambda_object__close(obj);
}

static unsigned int cmd_list_list_folder(const char *folder, struct json *json)
{
	char pattern[PATH_MAX];
	glob_t found;
	size_t k;

	if (snprintf(pattern, sizeof(pattern), "%s/*" OBJECT_SUFFIX, folder) >=
	    (int)sizeof(pattern) || glob(pattern, 0, NULL, &found))
		return 0;
	for (k = 0; k < found.gl_pathc; k++)
		if (!cmd_list_is_hidden(found.gl_pathv[k]))
			cmd_list_show_object(found.gl_pathv[k], json);
	globfree(&found);
	return k;
}

static int cmd_list_found_nothing(void)
{
	char folder[PATH_MAX];
	unsigned int i;

	complain(0, "there are no programs in LAMBDA_PATH, nor in any of these:");
	for (i = 0; find_folder(i, folder); i++)
		complain(0, "%s", folder);
	return EXIT_SYSTEM;
}

static unsigned int cmd_list_folders(struct json *json)
{
	unsigned int count = 0, i;
	char folder[PATH_MAX];

	for (i = 0; find_folder(i, folder); i++)
		count += cmd_list_list_folder(folder, json);
	return count;
}

int cmd_list(int argc, char **argv)
{
	struct json json = { .to = stdout };
	bool as_json = false;
	unsigned int count;

	argp_parse(&argp, argc, argv, 0, NULL, &as_json);
	if (as_json)
		json_begin(&json, NULL, '[');
	count = cmd_list_folders(as_json ? &json : NULL);
	if (as_json) {
		json_end(&json, ']');
		json_done(&json);
		fflush(stdout);
	}
	return count ? 0 : cmd_list_found_nothing();
}
