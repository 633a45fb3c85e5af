# SPDX-License-Identifier: GPL-2.0-only
#
# Where things are installed. Nothing that the place enters is kept in O, so
# that two installations in a row are each right.

PREFIX ?= /usr
LIBDIR ?= $(PREFIX)/lib
PYTHONDIR ?= $(PREFIX)/lib/python3/dist-packages

D := $(DESTDIR)
BIN := $D$(PREFIX)/bin
LIB := $D$(LIBDIR)
INCLUDE := $D$(PREFIX)/include/lambda
OBJECTS := $D$(PREFIX)/lib/lambda
MAN := $D$(PREFIX)/share/man
COMPLETION := $D$(PREFIX)/share/bash-completion/completions
DATA := $D$(PREFIX)/share/lambda-io
PYTHON := $D$(PYTHONDIR)/lambdaio

to-bin := $O/lambda
to-include := $(wildcard liblambda/include/*.h) programs/lambda_bpf.h \
	      programs/lambda_end.h programs/lambda_lines.h \
	      programs/lambda_array.h programs/lambda_array_native.h
to-include-linux := $(UAPI)/linux/lambda.h $(UAPI)/linux/sbpf.h
to-objects := $(PROGRAMS:%=$O/programs/%.bpf.o) programs/formats.h $(native-objs)
to-completion := completion/lambda
to-data := cli/lambda.schema.json
to-python := $(wildcard python/lambdaio/*.py)
man-pages := $(notdir $(wildcard man/*.[1-7]))

# PAGE=NAME: what a page of section 3 describes besides what it is named after
man-names := $(shell cd man && for page in *.3; do \
	sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \(\w*\).*/\1/p' $$page | \
	while read -r name; do \
		[ $$name.3 = $$page ] || echo $$page=$$name.3; \
	done; done)

# man-at PAGE...: its path below MAN
man-at = $(foreach page,$(1),man$(subst .,,$(suffix $(page)))/$(page))
link-of = $(lastword $(subst =, ,$(1)))

# The compiler, where it was built.
to-cc := $(if $(cc-versions),$(cc-bin))
to-cc-include := $(if $(cc-versions),$(cc-headers))
to-cc-libc := $(if $(cc-versions),$(cc-libc))

installed := $(addprefix $(BIN)/,$(notdir $(to-bin) $(to-cc))) \
	     $(addprefix $(INCLUDE)/libc/,$(to-cc-include)) \
	     $(addprefix $(OBJECTS)/libc/,$(notdir $(to-cc-libc))) \
	     $(addprefix $(LIB)/,liblambda.a liblambda.so $(notdir $(libso)) \
		pkgconfig/liblambda.pc) \
	     $(addprefix $(INCLUDE)/,$(notdir $(to-include))) \
	     $(addprefix $(INCLUDE)/linux/,$(notdir $(to-include-linux))) \
	     $(addprefix $(OBJECTS)/,$(notdir $(to-objects))) \
	     $(addprefix $(COMPLETION)/,$(notdir $(to-completion))) \
	     $(addprefix $(DATA)/,$(notdir $(to-data))) \
	     $(addprefix $(PYTHON)/,$(notdir $(to-python))) \
	     $(addprefix $(MAN)/,$(call man-at,$(man-pages) \
		$(foreach name,$(man-names),$(call link-of,$(name)))))

# The values stand in commands, in liblambda.pc, and by that in more commands.
quoted = '$(subst ','\'',$(1))'
.PHONY: install-place
install-place:
	$(Q)for value in $(call quoted,PREFIX=$(PREFIX)) \
			$(call quoted,LIBDIR=$(LIBDIR)) \
			$(call quoted,PYTHONDIR=$(PYTHONDIR)) \
			$(call quoted,DESTDIR=$(DESTDIR)); do \
		case $$value in \
		*[!A-Za-z0-9_./+@~=-]*) \
			echo "$$value: a path of ASCII letters, digits and" \
				"_./+@~=- is needed, no blanks" >&2; exit 2 ;; \
		DESTDIR=|*=/*) ;; \
		*) echo "$$value: the path has to begin with /" >&2; exit 2 ;; \
		esac; \
	done

install: install-place all
	$(Q)install -d $(sort $(dir $(installed)))
	$(Q)install $(to-bin) $(to-cc) $(BIN)
	$(Q)$(foreach header,$(to-cc-include),install -m 644 \
		libc/include/$(header) $(INCLUDE)/libc/$(header) &&) :
	$(Q)$(foreach part,$(to-cc-libc),install -m 644 $(part) $(OBJECTS)/libc &&) :
	$(Q)install -m 644 $O/liblambda.a $(LIB)
	$(Q)install $(libso) $(LIB)
	$(Q)ln -sf $(notdir $(libso)) $(LIB)/liblambda.so
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@MULTIARCH@|$(MULTIARCH)|' \
		-e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@BPF_CODE@|$(BPF_CODE)|' \
		liblambda/liblambda.pc.in | \
		install -m 644 /dev/stdin $(LIB)/pkgconfig/liblambda.pc
	$(Q)install -m 644 $(to-include) $(INCLUDE)
	$(Q)install -m 644 $(to-include-linux) $(INCLUDE)/linux
	$(Q)install -m 644 $(to-objects) $(OBJECTS)
	$(Q)install -m 644 $(to-completion) $(COMPLETION)
	$(Q)install -m 644 $(to-data) $(DATA)
	$(Q)install -m 644 $(to-python) $(PYTHON)
	$(Q)for page in $(man-pages); do \
		install -m 644 man/$$page $(MAN)/man$${page##*.} || exit; \
	done
	$(Q)$(foreach name,$(man-names),ln -sf $(firstword \
		$(subst =, ,$(name))) $(MAN)/man3/$(call link-of,$(name)) &&) :

# Where the loader does not look by itself somebody has to tell it.
	$(Q)case $(LIBDIR) in /lib|/usr/lib|/usr/lib/$(MULTIARCH)) exit ;; esac; \
		[ -n "$(DESTDIR)" ] || PATH=$$PATH:/usr/sbin:/sbin ldconfig -N -v \
			2>/dev/null | grep -q '^$(LIBDIR):' || \
		echo "note: the loader finds liblambda in $(LIBDIR) with" \
			"LD_LIBRARY_PATH=$(LIBDIR), or once ldconfig knows the folder"

# Folders that are the project's own go as well, once they are empty.
uninstall: install-place
	$(Q)rm -f $(installed)
	$(Q)rm -rf $(PYTHON)/__pycache__
	$(Q)for folder in $(INCLUDE)/libc/linux $(INCLUDE)/libc/sys \
			$(INCLUDE)/libc/asm-generic $(INCLUDE)/libc \
			$(INCLUDE)/linux $(INCLUDE) $(OBJECTS)/libc $(OBJECTS) $(DATA) $(PYTHON); do \
		[ ! -d $$folder ] || rmdir --ignore-fail-on-non-empty $$folder; \
	done
