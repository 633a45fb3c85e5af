# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# jit_bench: the runtime once more, with code that checks nothing to compare
# with, the λ programs compiled for this machine, and, for code of the kernel's
# JIT, the thunks and helpers of λs from the kernel's own source.

USERSPACE := $(abspath ../userspace)
BENCH_OUT := $(OUT)/bench
BENCH_INC := -I. -I../linux/include -I../linux/include/uapi \
	     -I$(USERSPACE)/liblambda/include -I$(USERSPACE)/programs
BENCH_PROGRAMS := stats32 stats64 knn histogram wordcount grep csvfilter bitmap
BENCH_SCALAR := -O2 -fno-vectorize -fno-slp-vectorize
BENCH_VECTOR := -O3 -march=x86-64-v3
BENCH_SOURCES := bench/jit_bench.c bench/jobs.c bench/ways.c

ifeq ($(shell uname -m),x86_64)
BENCH_SOURCES += bench/kernel_code.c bench/sample.c
BENCH_DEFINES := -DBENCH_KERNEL
BENCH_KERNEL += bench/kernel_standin.c
BENCH_KERNEL += ../linux/arch/x86/net/bpf_lambda_thunk.S
BENCH_KERNEL += ../linux/kernel/bpf/lambda/helpers.c
BENCH_KERNEL += ../linux/kernel/bpf/lambda/bulk.c
BENCH_KERNEL += ../linux/kernel/bpf/lambda/layout.c
endif
# Of what these include, all but this is empty here.
BENCH_REAL := linux/bpf_lambda.h linux/sbpf.h linux/types.h
BENCH_EMPTY := $(addprefix $(BENCH_OUT)/empty/,$(filter-out $(BENCH_REAL), \
	$(sort $(shell sed -n 's/^.include <\(.*\)>.*/\1/p' \
		$(filter ../%,$(BENCH_KERNEL)) ../linux/kernel/bpf/lambda/window.h \
		../linux/include/linux/bpf_lambda.h))))
BENCH_KFLAGS := -std=gnu11 -O2 -Wall -fno-strict-aliasing -mgeneral-regs-only \
	-include bench/kernel_shim.h -I$(BENCH_OUT)/empty -I. \
	-I../linux/include -I../linux/include/uapi -I../linux

bench: $(BENCH_OUT)/jit_bench ## time the λ programs: ROUNDS= CSV= KERNEL_CODE= DATA=
	$(Q)$(BENCH_OUT)/jit_bench $(BENCH_OUT)/userspace/programs \
		$(or $(ROUNDS),51) $(or $(CSV),/dev/null) $(KERNEL_CODE) $(DATA)

.PHONY: $(BENCH_OUT)/jit_bench
$(BENCH_OUT)/jit_bench:
	$(Q)$(MAKE) -s -C $(USERSPACE) O=$(BENCH_OUT)/userspace >/dev/null
	$(Q)$(MAKE) -s OUT=$(BENCH_OUT) CFLAGS=-DSBPF_BENCH \
		$(BENCH_OUT)/libsbpf.a >/dev/null
	$(Q)for p in $(BENCH_PROGRAMS); do \
		clang $(BENCH_SCALAR) -D_GNU_SOURCE $(BENCH_INC) \
			-c -o $(BENCH_OUT)/$$p.o \
			$(USERSPACE)/programs/$$p.bpf.c && \
		clang $(BENCH_VECTOR) -D_GNU_SOURCE $(BENCH_INC) \
			-D$$p=$${p}_vector -D$${p}_merge=$${p}_vector_merge -c -o $(BENCH_OUT)/$${p}_vector.o \
			$(USERSPACE)/programs/$$p.bpf.c || exit; \
	done
	$(Q)for f in $(BENCH_EMPTY); do \
		mkdir -p $${f%/*} && : >$$f || exit; \
	done
	$(Q)for f in $(BENCH_KERNEL); do \
		o=$${f##*/}; $(CC) $(BENCH_KFLAGS) \
			-c -o $(BENCH_OUT)/$${o%.*}.o $$f || exit; \
	done
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter \
		-DSBPF_BENCH $(BENCH_DEFINES) $(BENCH_INC) -o $@ $(BENCH_SOURCES) \
		$(BENCH_PROGRAMS:%=$(BENCH_OUT)/%.o) \
		$(BENCH_PROGRAMS:%=$(BENCH_OUT)/%_vector.o) \
		$(patsubst %,$(BENCH_OUT)/%.o,$(basename $(notdir $(BENCH_KERNEL)))) \
		$(BENCH_OUT)/libsbpf.a $(BENCH_OUT)/userspace/liblambda.a -lm
