// SPDX-License-Identifier: GPL-2.0
/*
 * lambda_deny ERRNO NR[,NR...] COMMAND...: runs a command whose system calls of
 * these numbers a filter answers with an errno, as those of containers do.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NR_MOST	16

static struct sock_filter filter[2 * NR_MOST + 2];
static unsigned short length;

static void add(struct sock_filter insn)
{
	filter[length++] = insn;
}

static void deny(unsigned int err, char *numbers)
{
	char *number;

	add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 offsetof(struct seccomp_data, nr)));
	for (number = strtok(numbers, ","); number && length < 2 * NR_MOST;
	     number = strtok(NULL, ",")) {
		add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						 atoi(number), 0, 1));
		add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_ERRNO | err));
	}
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

int main(int argc, char **argv)
{
	struct sock_fprog prog = { .filter = filter };

	if (argc < 4)
		return 99;
	deny(atoi(argv[1]), argv[2]);
	prog.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("lambda_deny");
		return 99;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 98;
}
