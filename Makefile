# SPDX-License-Identifier: GPL-2.0-only
#
# Every target does all it needs from a machine that has git, make and apt.
# The work is in scripts/; a second call redoes only what changed.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
S := scripts

## Print this list.
.PHONY: help
help:
	@awk '/^## /{ text = substr($$0, 4); next } \
	     /^[a-z-]+:/ && text { sub(":.*", ""); printf "make %-13s %s\n", $$0, text; text = "" }' \
	     Makefile

## Run the λ programs over real data in a guest and print one table.
demo:
	@$(S)/demo

## Lint, unit tests, build, and every selftest in a guest.
check:
	@$(S)/check

## Run one selftest: T=pread_test (several: T="a_test b_test").
check-quick: need-T
	@$(S)/check $(T)

## Run every selftest under KASAN, lockdep, UBSAN and kmemleak.
check-debug:
	@$(S)/check --flavour debug

## Compare the kernel's own BPF suites on the stock and the patched kernel.
check-stock: deps
	@$(S)/check-stock

## Test the drive at length: a kernel tree, Debian's kernel, SIGKILL, clock, choice.
check-drive: kernel userspace qemu
	@$(S)/build-selftests
	@$(S)/check-drive --long
	@$(S)/check-drive --debian
	@$(S)/check-qtest --walk 300
	@$(S)/check-kill
	@$(S)/check-clock
	@$(S)/check-choice

## Put λs into rings at random, in a drive, behind what was done before.
check-ring: kernel userspace qemu
	@$(S)/build-selftests
	@$(S)/check-ring

## Run the command over a table of programs, batches, jobs, sides and files.
check-cells: kernel userspace qemu
	@$(S)/check-cells --local
	@$(S)/check-cells

## Compile C of others by lambda cc, and compare each engine with a native build: an hour.
check-corpus: deps-cc
	@$(S)/check-corpus

## Count the lines of the kernel change that its tests run: about an hour.
coverage: userspace qemu
	@$(S)/build-kernel coverage
	@$(S)/build-selftests
	@$(S)/coverage

## Make the drive wrong in each of some 400 ways and see that a test notices.
mutants: deps
	@$(S)/mutants

## Take each guard out of the kernel and see that a test notices.
check-guards: kernel userspace qemu
	@$(S)/build-selftests
	@$(S)/check-guards

## Fuzz objects, then the system calls under KASAN, for T=1800 s, from SEED on (AS=user: who has no capabilities).
check-fuzz: userspace qemu
	@FUZZ_TIME=$(or $(T),1800) $(S)/build-userspace fuzz
	@$(S)/build-kernel debug
	@$(S)/build-selftests
	@TEST_ARGS="$(if $(AS),unprivileged) $(or $(T),1800) $(SEED)" \
		$(S)/check-drive --flavour debug \
		--long fuzz_test

## Eject, reset and stop the drive under ASan and TSan, at random for T=600 seconds each, from SEED on.
check-qtest: deps
	@for kind in address thread; do \
		$(S)/build-qemu --sanitize $$kind && \
		$(S)/check-qtest --sanitize $$kind && \
		$(S)/check-qtest --sanitize $$kind --walk $(or $(T),600) $(SEED) || \
		exit; \
	done

## Change a file under λs on both sides for T=600 seconds, from SEED on.
check-stress: kernel userspace qemu
	@$(S)/build-selftests
	@TEST_ARGS="$(or $(T),600) $(SEED)" $(S)/check-drive --long stress_test

## Measure against read(), O_DIRECT and mmap(), and write a report (QUICK=1: 10 min).
bench:
	@$(S)/bench all $(if $(QUICK),--quick)

## Time λs translated for this processor, programs and C of others, beside native code.
bench-jit: deps-cc
	@$(S)/bench jit
	@$(S)/check-corpus --front clang-19 time

## A shell in the guest, or CMD='command'; fails when that does, naming its status. SHARE=FOLDER: as /share.
vm: kernel userspace
	@$(S)/build-initramfs
	@$(S)/vm $(if $(SHARE),--share "$(SHARE)") $${VM_COMMAND:+--exec "$$VM_COMMAND"}
# Just as it was typed: its dollars and quotes are for the guest's shell. Make
# would expand it for the environment, and so would every make below this one.
vm: export VM_COMMAND := $(value CMD)
unexport CMD
ifneq ($(origin CMD),undefined)
MAKEOVERRIDES :=
endif

## Boot a guest that waits for gdb.
vm-gdb: kernel userspace
	@$(S)/build-initramfs
	@$(S)/vm --gdb

## Build the patched kernel.
kernel: deps
	@$(S)/build-kernel lambda

## Build QEMU with the drive that runs λs.
qemu: deps
	@$(S)/build-qemu

## Build liblambda, the lambda command and the λ programs.
userspace: deps-cc
	@$(S)/build-userspace

## Build the PostgreSQL extension and run its tests in a cluster of their own.
.PHONY: postgres
postgres: deps-postgres userspace
	@$(S)/check-postgres

## A table, three questions, and what PostgreSQL does of them with λs and without.
.PHONY: demo-postgres
demo-postgres: deps-postgres userspace
	@$(S)/demo-postgres

## Two machines, two drives, one answer: PostgreSQL by postgres_fdw over LVM on λ drives.
.PHONY: demo-cluster
demo-cluster: deps-postgres kernel userspace qemu
	@$(S)/demo-cluster

## TPC-H of scale factor SF=0.01 with the PostgreSQL extension and without: every row, times.
.PHONY: tpch
tpch: deps-postgres userspace
	@$(S)/check-tpch --scale $(or $(SF),0.01)

## Install what userspace built: DESTDIR=, PREFIX=/usr, LIBDIR=PREFIX/lib.
install: userspace
	@$(S)/build-userspace install

## Remove what install put there, when called with the same values.
uninstall:
	@$(S)/build-userspace uninstall

## Build Debian packages of library, command, programs, emulator, and (an hour) kernel.
packages: deps
	@$(S)/build-packages

## Install the packages into a fresh Debian 12, use them there, and purge them.
check-packages: deps
	@$(S)/build-packages userspace qemu
	@$(S)/check-packages

## Install all packages on a disk, boot it beside the drive, use, upgrade and purge them: 20 min.
check-install: packages
	@$(S)/check-install

## Remove what userspace built.
clean:
	@$(S)/build-userspace clean

## Check what can be checked without running it.
lint: deps
	@$(S)/lint

## Write the mailable patch series.
series: deps
	@$(S)/series generate

## Prove the series: git am, builds at every patch, off means off, other 6.12s.
series-check: deps
	@$(S)/series-check

## Install the packages the project needs.
deps:
	@$(S)/deps

deps-cc:
	@$(S)/deps cc

deps-postgres:
	@$(S)/deps postgres

.PHONY: bench bench-jit demo check check-quick check-debug check-stock check-drive check-guards
.PHONY: check-cells check-corpus check-fuzz check-qtest check-ring check-stress coverage mutants qemu vm vm-gdb
.PHONY: kernel
.PHONY: userspace install uninstall packages check-packages check-install clean lint series series-check deps deps-cc
.PHONY: deps-postgres
.PHONY: need-T

need-T:
	@test -n "$(T)" || { echo "which test? make check-quick T=$$(cd \
		selftests/lambda && ls *_test.c | head -n 1 | sed 's/\.c//')"; exit 2; }
