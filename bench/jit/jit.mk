# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# jit-bench: the drive's runtime, with code that checks nothing to compare with,
# the λ programs compiled for this machine, and, for code of the kernel's JIT,
# the thunks and helpers of λs from the kernel's own source.

FIRMWARE := $(TOP)/firmware
JIT_PROGRAMS := stats32 stats64 knn histogram wordcount grep csvfilter bitmap
JIT_FLAGS := -DSBPF_BENCH $(JOBS_FLAGS) -Wno-unused-parameter -I$(FIRMWARE) \
	     -I$(LINUX)/include
JIT_OUT := $(abspath $(OUT))/jit

jit-objs := $(addprefix $(JIT_OUT)/,jit_bench.o inputs.o methods.o)

ifeq ($(shell uname -m),x86_64)
JIT_FLAGS += -DBENCH_KERNEL
jit-objs += $(addprefix $(JIT_OUT)/,kernel_code.o sample.o)
KERNEL_SOURCES := jit/kernel_stub.c \
		  $(LINUX)/arch/x86/net/bpf_lambda_thunk.S \
		  $(LINUX)/kernel/bpf/lambda/helpers.c \
		  $(LINUX)/kernel/bpf/lambda/array.c \
		  $(LINUX)/kernel/bpf/lambda/array_call.c \
		  $(LINUX)/kernel/bpf/lambda/short.c \
		  $(LINUX)/kernel/bpf/lambda/bulk.c \
		  $(LINUX)/kernel/bpf/lambda/layout.c
KERNEL_VECTORS := array_loops array_float array_avx2
endif
kernel-objs := $(patsubst %,$(JIT_OUT)/kernel/%.o, \
		 $(basename $(notdir $(KERNEL_SOURCES))) $(KERNEL_VECTORS))

# Headers of the kernel, empty.
SHIM := $(TOP)/selftests/shim
KERNEL_EMPTY := $(JIT_OUT)/empty/stamp
KERNEL_FLAGS := -std=gnu11 -O2 -Wall -fno-strict-aliasing -mgeneral-regs-only \
	-include jit/kernel_shim.h -I$(JIT_OUT)/empty -I$(FIRMWARE) \
	-I$(LINUX)/include -I$(UAPI) -I$(LINUX) -MMD -MP

.PHONY: jit
jit: $(JIT_OUT)/jit-bench
	$(Q)$< $(USERSPACE_OUT)/programs $(or $(ROUNDS),51) \
		$(or $(CSV),/dev/null) $(KERNEL_CODE) $(DATA)

$(JIT_OUT)/%.o: jit/%.c $(RULES) jit/jit.mk
	$(call compile,$(JIT_FLAGS))

kernel-object = $(call say,KERNEL,$<)$(newline)$(Q)mkdir -p $(@D) && \
		$(CC) $(KERNEL_FLAGS) -c -o $@ $<
$(JIT_OUT)/kernel/%.o: jit/%.c jit/jit.mk | $(KERNEL_EMPTY)
	$(kernel-object)
$(JIT_OUT)/kernel/%.o: $(LINUX)/kernel/bpf/lambda/%.c jit/jit.mk | $(KERNEL_EMPTY)
	$(kernel-object)
$(JIT_OUT)/kernel/%.o: $(LINUX)/arch/x86/net/%.S jit/jit.mk | $(KERNEL_EMPTY)
	$(kernel-object)
# Flags of the kernel's Makefile; a stack that is aligned as there.
$(KERNEL_VECTORS:%=$(JIT_OUT)/kernel/%.o): $(JIT_OUT)/kernel/%.o: \
		$(LINUX)/kernel/bpf/lambda/%.c jit/jit.mk
	$(call say,KERNEL,$<)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 -ftree-vectorize -ffp-contract=off \
		-mincoming-stack-boundary=3 $(if $(filter %avx2.o,$@),-mavx2) -Wall \
		-I$(FIRMWARE)/include -I$(LINUX)/include -I$(UAPI) -MMD -MP -c -o $@ $<
$(KERNEL_EMPTY): $(SHIM)/headers $(filter $(LINUX)/%,$(KERNEL_SOURCES)) \
		$(LINUX)/kernel/bpf/lambda/internal.h $(LINUX)/include/linux/bpf_lambda.h
	$(Q)$< $(@D) $(filter-out $<,$^) && : >$@

.PHONY: libsbpf
libsbpf:
	$(Q)$(MAKE) -s --no-print-directory -C $(FIRMWARE) OUT=$(JIT_OUT)/firmware \
		CFLAGS=-DSBPF_BENCH $(JIT_OUT)/firmware/libsbpf.a
$(JIT_OUT)/firmware/libsbpf.a: libsbpf ;

$(JIT_OUT)/jit-bench: $(jit-objs) $(kernel-objs) $(OUT)/jobs/jobs.o \
		$(JIT_PROGRAMS:%=$(OUT)/scalar/%.o) $(vector-objs) \
		$(JIT_PROGRAMS:%=$(OUT)/own/%.o) \
		$(JIT_OUT)/firmware/libsbpf.a $(liblambda)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -lm

-include $(wildcard $(JIT_OUT)/kernel/*.d)
