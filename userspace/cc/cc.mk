# SPDX-License-Identifier: GPL-2.0-only
#
# lambda-cc and the C library of λs, laid out below O/cc as they are installed.
# They are built where LLVM is: scripts/deps cc brings it. The first of
# BACK_ENDS that is there is lambda-cc; each other is lambda-cc-VERSION, which
# the first one hands what is of a newer front end to.

BACK_ENDS ?= 19 22
# That of another machine would need that machine's LLVM.
cc-versions := $(if $(CROSS_COMPILE),,$(foreach version,$(BACK_ENDS),$(if \
		 $(shell command -v llvm-config-$(version)),$(version))))
cc-first := $(firstword $(cc-versions))
cc-others := $(filter-out $(cc-first),$(cc-versions))

CC_TREE := $O/cc
cc-headers := $(patsubst libc/include/%,%,$(shell find libc/include -name '*.h'))
cc-libc := $(patsubst libc/%.c,$(CC_TREE)/lib/lambda/libc/%.bc,$(wildcard libc/*.c))
cc-include := $(cc-headers:%=$(CC_TREE)/include/lambda/libc/%) \
	      $(CC_TREE)/include/lambda/lambda_array.h \
	      $(CC_TREE)/include/lambda/lambda_bpf.h \
	      $(CC_TREE)/include/lambda/lambda_end.h \
	      $(CC_TREE)/include/lambda/lambda_lines.h \
	      $(CC_TREE)/include/lambda/linux/sbpf.h
cc-bin := $(CC_TREE)/bin/lambda-cc $(cc-others:%=$(CC_TREE)/bin/lambda-cc-%)
cc-sources := $(wildcard cc/*.c)

cc-missing := $(if $(CROSS_COMPILE),it runs where it is built,scripts/deps cc \
		installs what it needs)
.PHONY: lambda-cc
ifeq ($(cc-versions),)
lambda-cc:
	$(call say,NOTE,without lambda cc: $(cc-missing))
else
lambda-cc: $(cc-bin) $(cc-include) $(cc-libc)
endif

CC_FLAGS = -Icc -Iprograms -isystem $(shell llvm-config-$(1) --includedir)
CC_LIBS = $(shell llvm-config-$(1) --ldflags --libs)

# back-end VERSION PROGRAM
define back-end
$O/cc-$(1)/%.d: ;
$O/cc-$(1)/%.o: cc/%.c $(RULES) cc/cc.mk
	$$(call compile,$(call CC_FLAGS,$(1)))
$(2): $(cc-sources:cc/%.c=$O/cc-$(1)/%.o)
	$$(call say,LD,$$@)
	$(Q)mkdir -p $$(@D) && $(CC) $(LDFLAGS) -o $$@ $$^ $(call CC_LIBS,$(1))
endef
$(foreach version,$(cc-first),$(eval $(call \
	back-end,$(version),$(CC_TREE)/bin/lambda-cc)))
$(foreach version,$(cc-others),$(eval $(call \
	back-end,$(version),$(CC_TREE)/bin/lambda-cc-$(version))))

$(CC_TREE)/include/lambda/libc/%.h: libc/include/%.h
	$(Q)install -m 644 -D $< $@
$(CC_TREE)/include/lambda/%.h: programs/%.h
	$(Q)install -m 644 -D $< $@
$(CC_TREE)/include/lambda/linux/%.h: $(UAPI)/linux/%.h
	$(Q)install -m 644 -D $< $@

# By the oldest front end, so that all back ends read it.
$(CC_TREE)/lib/lambda/libc/%.bc: libc/%.c $(wildcard libc/*.h) $(cc-include) $(cc-bin)
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CC_TREE)/bin/lambda-cc --clang=$(CLANG) -c -Wall \
		-Wextra $(WERROR) -ffile-prefix-map=libc/=lambda_libc/ \
		-fdebug-prefix-map=$(CURDIR)=. -o $@ $<
