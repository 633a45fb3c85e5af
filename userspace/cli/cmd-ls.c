// SPDX-License-Identifier: GPL-2.0-only
/* lambda ls: the λ programs in the kernel, and who has handles to them. */
#include <argp.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "kernel.h"

static const struct argp_option options[] = { JSON_OPTION, { 0 } };

static error_t cmd_ls_parse(int key, char *arg, struct argp_state *state)
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
	cmd_ls_parse,
	NULL,
	"Lists the λ programs that are loaded, and the handles to them as far as /proc shows them to this user.",
	NULL,
	NULL,
	NULL
};

static const char *cmd_ls_tag_text(const struct bpf_prog_info *info,
				   char text[2 * BPF_TAG_SIZE + 1])
{
	size_t i;

	for (i = 0; i < sizeof(info->tag); i++)
		sprintf(text + 2 * i, "%02x", info->tag[i]);
	return text;
}

static size_t cmd_ls_count_insns(const struct bpf_prog_info *info)
{
	return info->xlated_prog_len / sizeof(struct bpf_insn);
}

static void cmd_ls_print_program(const struct bpf_prog_info *info)
{
	char tag[2 * BPF_TAG_SIZE + 1];

	print(stdout, "%8u  %-16.16s%s  %8zu  %8u  %u\n", info->id, info->name,
	      cmd_ls_tag_text(info, tag), cmd_ls_count_insns(info),
	      info->jited_prog_len, info->created_by_uid);
}

static void cmd_ls_put_program(struct json *json,
			       const struct bpf_prog_info *info)
{
	char tag[2 * BPF_TAG_SIZE + 1], name[BPF_OBJ_NAME_LEN + 1];

	snprintf(name, sizeof(name), "%.*s", BPF_OBJ_NAME_LEN, info->name);
	json_begin(json, NULL, '{');
	json_count(json, "id", info->id);
	json_text(json, "name", name);
	json_text(json, "tag", cmd_ls_tag_text(info, tag));
	json_count(json, "instructions", cmd_ls_count_insns(info));
	json_count(json, "native", info->jited_prog_len);
	json_count(json, "uid", info->created_by_uid);
	json_end(json, '}');
}

/* Returns how it ended: 0 or an errno of bpf(2). */
static int cmd_ls_list_programs(struct json *json)
{
	struct bpf_prog_info info;
	__u32 id = 0;
	int err;

	if (json)
		json_begin(json, "programs", '[');
	else
		printf("%8s  %-16s%-16s  %8s  %8s  %s\n", "PROGRAM", "NAME",
		       "TAG", "INSNS", "NATIVE", "UID");
	while (!(err = kernel_next_program(&id, &info))) {
		if (json)
			cmd_ls_put_program(json, &info);
		else
			cmd_ls_print_program(&info);
	}
	if (json)
		json_end(json, ']');
	return err == -ENOENT ? 0 : err;
}

static void cmd_ls_print_handle(const struct handle *handle, void *unused)
{
	(void)unused;
	print(stdout, "%8u  %8llu  %8s  %5s  %10s  %15s  %s\n",
	      handle->program, handle->image, handle->pid, handle->fd,
	      handle->heap, handle->budget, handle->comm);
}

static void cmd_ls_put_handle(const struct handle *handle, void *to)
{
	struct json *json = to;

	json_begin(json, NULL, '{');
	json_count(json, "program", handle->program);
	json_count(json, "image", handle->image);
	json_word(json, "pid", handle->pid);
	json_word(json, "fd", handle->fd);
	json_word(json, "heap", handle->heap);
	if (strcmp(handle->budget, "default"))
		json_word(json, "budget", handle->budget);
	else
		json_text(json, "budget", NULL);
	json_text(json, "command", handle->comm);
	json_end(json, '}');
}

static int cmd_ls_list_handles(struct json *json)
{
	int err;

	if (json)
		json_begin(json, "handles", '[');
	else
		printf("\n%8s  %8s  %8s  %5s  %10s  %15s  %s\n", "PROGRAM",
		       "IMAGE", "PID", "FD", "HEAP", "BUDGET", "COMMAND");
	err = kernel_handles(json ? cmd_ls_put_handle : cmd_ls_print_handle,
			     json);
	if (json)
		json_end(json, ']');
	return err;
}

static int cmd_ls_cannot_list(int err)
{
	char why[512];

	lambda_why_not(err, why, sizeof(why));
	return complain(complain_exit_code(err),
			"cannot list BPF programs: %s%s", why,
			err == -EPERM ? "; listing takes CAP_SYS_ADMIN" : "");
}

/* Without the programs nobody asks for the handles, but JSON has both. */
static int cmd_ls_list(struct json *json)
{
	int err = cmd_ls_list_programs(json), handles_err = 0;

	if (!err || json)
		handles_err = cmd_ls_list_handles(json);
	fflush(stdout);
	if (err)
		return cmd_ls_cannot_list(err);
	if (handles_err)
		return complain(EXIT_SYSTEM, "cannot read /proc: %s",
				strerror(-handles_err));
	return 0;
}

int cmd_ls(int argc, char **argv)
{
	struct json json = { .to = stdout };
	bool as_json = false;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &as_json);
	code = kernel_needed();
	if (code)
		return code;
	if (!as_json)
		return cmd_ls_list(NULL);
	json_begin(&json, NULL, '{');
	code = cmd_ls_list(&json);
	json_end(&json, '}');
	json_done(&json);
	return code;
}
