# SPDX-License-Identifier: GPL-2.0-only
#
# How C and λ programs are compiled, in this folder and in those that stand on
# it. TOP is the checkout's root and USERSPACE this folder, both as seen from
# the Makefile. V=1 shows commands, CC, CLANG, CFLAGS, BPF_CPU as usual; WERROR= lets
# warnings be warnings, for compilers that came later.

CLANG ?= clang
WERROR ?= -Werror
# CROSS_COMPILE=aarch64-linux-gnu- builds for another machine by the tools of that
# prefix, λ programs with the headers of this one.
ifneq ($(CROSS_COMPILE),)
CC := $(CROSS_COMPILE)gcc
AR := $(CROSS_COMPILE)ar
OBJCOPY := $(CROSS_COMPILE)objcopy
export CC AR
endif
HOSTCC ?= cc
OBJCOPY ?= objcopy
BPF_CPU ?= v3
CFLAGS ?= -O2 -g
MULTIARCH := $(shell $(CC) -print-multiarch)
BPF_MULTIARCH := $(if $(CROSS_COMPILE),$(shell $(HOSTCC) -print-multiarch),$(MULTIARCH))

LINUX := $(TOP)/linux
UAPI := $(LINUX)/include/uapi
PROGRAMS := $(basename $(basename $(notdir \
	      $(wildcard $(USERSPACE)/programs/*.bpf.c))))

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes \
	    -Wdeclaration-after-statement $(WERROR)
CPPFLAGS_ALL := -D_GNU_SOURCE -I$(UAPI) -I$(USERSPACE)/liblambda/include
CFLAGS_ALL := -std=gnu11 -fvisibility=hidden -fPIC -fdebug-prefix-map=$(CURDIR)=. \
	      $(WARNINGS) $(CFLAGS)
# Blocks in the order of the source: clang's own makes jumps backward, each of
# which costs a unit of the budget, of some that close no loop.
BPF_ORDER := -mllvm -disable-block-placement
BPF_ORDER := $(shell $(CLANG) -target bpf $(BPF_ORDER) -x c -c -o /dev/null \
	       /dev/null 2>/dev/null && echo $(BPF_ORDER))
BPF_CODE := -target bpf -O2 -g -mcpu=$(BPF_CPU) -fno-builtin \
	    $(BPF_ORDER)
BPF_FLAGS := $(BPF_CODE) -Wall -Wextra $(WERROR) \
	     -fdebug-prefix-map=$(CURDIR)=. -I$(UAPI) -idirafter /usr/include/$(BPF_MULTIARCH)

# What was built depends on these, so that new flags take effect.
RULES := Makefile $(USERSPACE)/rules.mk

ifeq ($(V),)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif
define newline


endef

# What a compiler was interrupted in is not taken for its result.
.DELETE_ON_ERROR:

# A source that an older object was compiled from may have moved since; what
# lists the headers of that one is made of nothing.
%.c: ;
%.d: ;

# Objects of all kinds note the headers that they depend on.
compile = $(call say,CC,$<)$(newline)$(Q)mkdir -p $(@D) && \
	  $(CC) $(CPPFLAGS_ALL) $(1) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
bpf = $(call say,BPF,$<)$(newline)$(Q)mkdir -p $(@D) && \
      $(CLANG) $(BPF_FLAGS) -I$(USERSPACE)/programs -MMD -MP -c -o $@ $<
link = $(call say,LD,$@)$(newline)$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)
