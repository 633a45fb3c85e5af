# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz   changes objects for FUZZ_TIME seconds, from those that are built on
#
# The last line is what check counts: 1 passed, 0 failed. An object at which it
# fails is left in $O/fuzz, to be given to $O/fuzz/object.

FUZZ := $O/fuzz
FUZZ_TIME ?= 60
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined \
	      -fno-sanitize-recover=all
LLVM_STRIP ?= llvm-strip

fuzz-arrays := $(patsubst $(LINUX)/kernel/bpf/lambda/%.c,$(FUZZ)/arrays/%.o, \
			  $(wildcard $(LINUX)/kernel/bpf/lambda/array*.c))
# Kernel and drive have calls of their own.
fuzz-arrays := $(filter-out %/array_call.o,$(fuzz-arrays))
fuzz-objs := $(lib-objs:$O/%=$(FUZZ)/%) $(FUZZ)/object.o \
	     $(patsubst $(TOP)/firmware/%.c,$(FUZZ)/firmware/%.o, \
			$(wildcard $(TOP)/firmware/sbpf/*.c) \
			$(TOP)/firmware/platform/posix/sbpf_posix.c) \
	     $(fuzz-arrays)
fuzz-seeds := $(bpf-objs) $(test-bpf)

$(FUZZ)/%: CC = $(CLANG)
$(FUZZ)/%: CFLAGS_ALL = -std=gnu11 -O1 -g -fPIC $(FUZZ_FLAGS)
$(FUZZ)/lib/program.o: liblambda/src/program.c $(RULES)
	$(call compile,-I$(LINUX)/include)
$(FUZZ)/lib/%.o: liblambda/src/%.c $(RULES)
	$(call compile,$(SBPF_FLAGS))
$(FUZZ)/lib/lambda_%.o: $(LINUX)/kernel/bpf/lambda/%.c $(RULES)
	$(call compile,$(CHECK_FLAGS))
$(FUZZ)/firmware/%.o: $(TOP)/firmware/%.c $(RULES)
	$(call compile,$(SBPF_FLAGS) -I$(TOP)/firmware/include \
		       -I$(LINUX))
$(FUZZ)/arrays/array_avx2.o: CFLAGS_ALL += -mavx2
$(FUZZ)/arrays/%.o: $(LINUX)/kernel/bpf/lambda/%.c $(RULES)
	$(call compile,$(CHECK_FLAGS) -ffp-contract=off)
$(FUZZ)/object.o: tests/fuzz/object.c $(RULES)
	$(call compile,-Iliblambda/src $(SBPF_FLAGS))

$(FUZZ)/object: $(fuzz-objs)
	$(call say,LD,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ $^

# What compilers say for debuggers is nothing that the library reads.
$(FUZZ)/seeds: $(fuzz-seeds)
	$(Q)rm -rf $@ && mkdir -p $@ && for seed in $^; do \
		$(LLVM_STRIP) -g -o $@/$${seed##*/} $$seed || exit; done

# What the library has freed is most of what a run has, unless it is let go.
.PHONY: fuzz
fuzz: export ASAN_OPTIONS := quarantine_size_mb=64
fuzz: $(FUZZ)/object $(FUZZ)/seeds
	$(Q)mkdir -p $(FUZZ)/corpus && cd $(FUZZ) && \
		if ./object -max_total_time=$(FUZZ_TIME) -timeout=10 \
			-rss_limit_mb=1024 -malloc_limit_mb=256 \
			-max_len=65536 -print_final_stats=1 corpus seeds; \
		then echo "1 passed, 0 failed"; \
		else echo "0 passed, 1 failed"; exit 1; fi

-include $(wildcard $(FUZZ)/*.d $(FUZZ)/*/*.d $(FUZZ)/*/*/*.d)
