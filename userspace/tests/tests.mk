# SPDX-License-Identifier: GPL-2.0-only
#
# Tests that need no kernel. The library, the command and the native versions are built
# once more under the sanitizers; linked programs run by what the command has for
# `lambda run --local`.

SAN := $O/san
SAN_FLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

TESTS += link_test
TESTS += refuse_test
TESTS += malformed_test
TESTS += hostile_test
TESTS += text_test
TESTS += errno_test
TESTS += number_test
TESTS += signal_test
TESTS += why_test
TESTS += program_test
TESTS += array_test
TESTS += local_test
TESTS += explain_test
TESTS += summary_test
TESTS += drive_test
TESTS += layers_test
TESTS += trace_test
TESTS += top_test
TESTS += run_test
TESTS += jobs_test
TESTS += divided_test
TESTS += where_test
TESTS += layout_test
TESTS += abi_test
TESTS += command_test

san-lib := $(lib-objs:$O/%=$(SAN)/%)
san-cli := $(cli-objs:$O/%=$(SAN)/%)
san-native := $(PROGRAMS:%=$(SAN)/native/%.o) $(SAN)/native/globals.o \
	      $(SAN)/native/rows.o $(SAN)/native/lines.o $(SAN)/native/whole.o \
	      $(SAN)/native/divided.o
test-bpf := $(patsubst tests/bpf/%.c,$O/tests/%.o,$(wildcard tests/bpf/*.bpf.c))
test-progs := $(TESTS:%=$(SAN)/tests/%)
.SECONDARY: $(TESTS:%=$(SAN)/tests/%.o) $(san-native) $(SAN)/tests/linked.o \
	    $(SAN)/tests/shape.o $(SAN)/tests/command_model.o \
	    $(SAN)/tests/command_trial.o $(SAN)/tests/documents.o \
	    $(SAN)/tests/screen.o

# The flags of the ordinary objects, and the sanitizers last.
$(SAN)/%: CFLAGS_ALL += $(SAN_FLAGS)
$(SAN)/lib/program.o: liblambda/src/program.c $(RULES)
	$(call compile,-I$(LINUX)/include)
$(SAN)/lib/%.o: liblambda/src/%.c $(RULES)
	$(call compile,$(SBPF_FLAGS))
$(SAN)/lib/lambda_%.o: $(LINUX)/kernel/bpf/lambda/%.c $(RULES)
	$(call compile,$(CHECK_FLAGS))
$(SAN)/cli/%.o: cli/%.c $(RULES)
	$(call compile,$(CLI_FLAGS))
$(SAN)/native/%.o: programs/%.bpf.c $(RULES)
	$(call compile,-Iprograms)
$(SAN)/native/%.o: tests/bpf/%.bpf.c $(RULES)
	$(call compile,-Iprograms)
$(SAN)/tests/%.o: tests/%.c $(RULES)
	$(call compile,-Iprograms -idirafter cli -Iliblambda/src -I$(TOP)/firmware/tests $(SBPF_FLAGS))

$(SAN)/tests/array_test.o: CPPFLAGS_ALL += -I$(LINUX)

$O/tests/%.o: tests/bpf/%.c $(RULES)
	$(bpf)

$(SAN)/lambda: $(san-cli) $(san-lib) $(libsbpf)
	$(link) $(SAN_FLAGS)
# Of the command the tests take what they call.
$(SAN)/cli.a: $(san-cli)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(SAN)/tests/command_test: $(SAN)/tests/command_model.o $(SAN)/tests/command_trial.o
$(SAN)/tests/%: $(SAN)/tests/%.o $(SAN)/tests/linked.o $(SAN)/tests/shape.o \
		$(SAN)/cli.a $(san-lib) $(san-native) $(libsbpf)
	$(link) $(SAN_FLAGS)

# Cells of a table, for scripts/check-cells: nothing in it is sanitized, since the
# memory that is used is measured.
cells-native := $(PROGRAMS:%=$O/native/%.o)
$O/native/%.o: programs/%.bpf.c $(RULES)
	$(call compile,-Iprograms)
$O/cells/%.o: tests/cells/%.c $(RULES)
	$(call compile,-Iprograms -I$(TOP)/firmware/tests)
$O/cells/cells: $O/cells/cells.o $O/cells/cells_file.o $(cells-native)
	$(link)
.PHONY: cells
cells: $O/lambda $(bpf-objs) $O/cells/cells

cc-tests := $(wildcard tests/cc/*.c)
cc-native := $(cc-tests:tests/cc/%.c=$O/tests/cc/%)
$O/tests/cc/%: tests/cc/%.c tests/cc/native.h $(RULES)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -D_GNU_SOURCE -O2 -w -Iprograms -I$(UAPI) \
		-o $@ $< -lm

# Programs that are no tests, but what scripts look at.
test-shows := $(SAN)/tests/documents $(SAN)/tests/screen

check: all $(cc-native) $(test-progs) $(test-bpf) $(test-shows) $(SAN)/lambda \
       $O/tests/engines
	$(Q)BPF_OBJECTS=$(abspath $O) LAMBDA=$(abspath $(SAN)/lambda) \
		COMPILER=$(abspath $O/lambda) \
		LIBLAMBDA=$(abspath $(libso)) \
		DOCUMENTS=$(abspath $(SAN)/tests/documents) \
		SCREEN=$(abspath $(SAN)/tests/screen) \
		$(TOP)/firmware/tests/run $(test-progs) tests/cli_test.sh \
		tests/install_test.sh tests/output_test.sh tests/tree_test.sh tests/object_test.sh \
		tests/bench_test.sh tests/profile_test.sh tests/progress_test.sh tests/cc_test.sh tests/engines_test.sh tests/json_test.py \
		tests/terminal_test.py tests/completion_test.py tests/pages_test.sh \
		python/lambdaio_test.py

# Library and command for another processor, beside those for this one.
CROSS := aarch64-linux-gnu
check-aarch64: all $(test-bpf)
	$(Q)$(MAKE) --no-print-directory O=$O/aarch64 CROSS_COMPILE=$(CROSS)- all
	$(Q)BPF_OBJECTS=$(abspath $O) FOREIGN=$(abspath $O/aarch64) CROSS=$(CROSS) \
		$(TOP)/firmware/tests/run tests/foreign_test.sh

# What scripts/check-corpus runs λs by.
$O/tests/corpus/engines.o: tests/corpus/engines.c $(RULES)
	$(call compile,$(SBPF_FLAGS))
$O/tests/engines: $O/tests/corpus/engines.o $(lib-objs) $(libsbpf)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -ldl

-include $(wildcard $(SAN)/*/*.d)
