// SPDX-License-Identifier: GPL-2.0-only
/* Loads a small λ program and pins it: lambda_pin PATH */
#include "common.h"

int main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {
		CTX(R2, R1, out),
		MOVI(R0, 0),
		ADDI(R0, 1),
		JMPI(BPF_JLT, R0, 8, -2),
		ST(BPF_B, R2, 0, 42),
		EXIT(),
	};
	union bpf_attr attr;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: lambda_pin PATH\n");
		return 2;
	}
	prog_attr(&attr, insns, ARRAY_SIZE(insns));
	memcpy(attr.prog_name, "pinned", sizeof("pinned"));
	fd = bpf_call(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		fprintf(stderr, "lambda_pin: load: %s: %s\n", strerror(errno),
			lambda_log);
		return 1;
	}
	attr = (union bpf_attr) {
		.pathname = (uintptr_t)argv[1],
		.bpf_fd = fd,
	};
	if (bpf_call(BPF_OBJ_PIN, &attr)) {
		perror("lambda_pin: pin");
		return 1;
	}
	return 0;
}
