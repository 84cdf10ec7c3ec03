# SPDX-License-Identifier: GPL-2.0-only
#
# Tests, and the demonstration. Each of check, check-unit, check-vm and check-all is one call of tests/run-tests,
# whose last line adds everything up.
#
# What a test needs is installed before the rest of the Makefile is asked for anything: the targets that a
# user types call tests/setup and then make again.

-include tests/unit/build.mk
-include tests/bench/build.mk
-include tests/fuzz/build.mk
-include tests/report/build.mk

# A kernel and a CPU each: Debian's newest with 5 and with 4 levels of 4K pages, with 16K pages and with a
# linear map of blocks; the first with update_range_prot(); the last with __change_memory_common().
VM_COMBINATIONS ?= newest/max newest/n1 newest-16k/max newest/bbm 6.18/max 6.18/bbm 6.12/max
VM_KERNELS ?= $(sort $(foreach c,$(VM_COMBINATIONS),$(firstword $(subst /, ,$c))) 6.17)
# The rest of what Debian has, each with each kind of CPU, and other kinds of linear map. What cannot be had any
# more, or not be watched, is skipped, and is a line of the table all the same.
MATRIX_CPUS := max n1 bbm
MATRIX_KERNELS := 6.12 6.17 6.18 6.19 7.0 7.1 7.2 newest 6.18-16k newest-16k
MATRIX_ARGS := rodata=off rodata=noalias,kfence.sample_interval=100
MATRIX ?= $(filter-out 6.12/bbm 6.17/n1 6.17/bbm,$(foreach k,$(MATRIX_KERNELS),$(addprefix $k/,$(MATRIX_CPUS)))) \
	$(foreach c,newest/max newest/bbm newest-16k/max 6.18/max,$(addprefix $c/,$(MATRIX_ARGS)))
MATRIX_MORE := $(filter-out $(VM_COMBINATIONS),$(MATRIX))
# Built here, from Debian's newest source: what its kernels are not configured for, in guests of each CPU. With
# DEBUG_PAGEALLOC the linear map is of pages, whatever the CPU is able to.
OWN_KERNELS ?= 64k 4k
OWN_COMBINATIONS := $(foreach k,$(OWN_KERNELS),own-$k/max own-$k/n1)
# a million changes each
SOAK_COMBINATIONS ?= newest/max newest/bbm newest-16k/max
SOAK_CHANGES ?= 1000000

COMMAND_TESTS := tests/command/style.sh tests/command/usage.sh tests/command/library.sh tests/command/check.sh tests/command/export.sh \
	tests/command/import.sh
# measure how long something takes
TIMED_TESTS := tests/command/report.sh
triggers = $(foreach c,$(1),"tests/vm/triggers.sh $(subst /, ,$c)")
VM_TESTS := $(call triggers,$(VM_COMBINATIONS)) tests/vm/selftest.sh "tests/vm/selftest.sh 6.12 max" \
	"tests/vm/soak.sh newest max 20000" \
	tests/vm/faults.sh "tests/vm/history.sh R1 R3 R4 R7" "tests/vm/births.sh newest max" \
	tests/vm/backends.sh tests/vm/overrun.sh "tests/vm/surroundings.sh newest cannot ends options" \
	"tests/vm/predict.sh newest bbm" "tests/vm/live.sh newest max" "tests/vm/process_dump.sh newest max" "tests/vm/areas.sh newest max" \
	"tests/vm/audit.sh newest max" "tests/vm/tears.sh newest max" "tests/vm/churn.sh newest max 20" \
	"tests/vm/recordings.sh newest bbm" "tests/vm/record.sh newest max" "tests/vm/dumps.sh newest max" \
	"tests/vm/vmlinux.sh newest newest-16k 6.18 6.12" \
	"tests/vm/oracle.sh newest max" "tests/vm/oracle.sh newest n1 2000" "tests/vm/oracle.sh newest-16k max" \
	"tests/vm/process.sh newest max 80" "tests/vm/process.sh newest-16k max 60"
# takes as long as all of the others
LONG_TESTS := tests/command/kernel-callbacks.sh tests/vm/selfcheck.sh "tests/vm/surroundings.sh newest boots" \
	$(foreach c,newest/bbm newest-16k/max 6.18/max 6.12/max,"tests/vm/record.sh $(subst /, ,$c)") \
	"tests/vm/dumps.sh newest n1" "tests/vm/dumps.sh newest-16k max" "tests/vm/dumps.sh 6.12 max" \
	"tests/vm/live.sh newest bbm" "tests/vm/live.sh newest n1" "tests/vm/live.sh newest-16k max" "tests/vm/live.sh 6.18 max" \
	"tests/vm/live.sh 6.12 max" \
	$(foreach c,newest/n1 newest/bbm newest-16k/max 6.18/max 6.12/max,"tests/vm/areas.sh $(subst /, ,$c)") \
	$(foreach c,newest/n1 newest/bbm newest-16k/max 6.18/max 6.12/max,"tests/vm/audit.sh $(subst /, ,$c)") \
	$(foreach c,newest/bbm newest-16k/max 6.12/max,"tests/vm/tears.sh $(subst /, ,$c)") \
	$(foreach c,newest/max newest/bbm,"tests/vm/churn.sh $(subst /, ,$c) 600") \
	$(foreach c,newest/n1 newest-16k/max 6.18/max 6.12/max,"tests/vm/process_dump.sh $(subst /, ,$c) 8") \
	"tests/vm/ptdump.sh own-64k max" "tests/vm/ptdump.sh own-64k n1" \
	"tests/vm/ptdump.sh own-4k max" "tests/vm/ptdump.sh own-4k n1" "tests/vm/ptdump.sh own-4k bbm" "tests/vm/predict.sh 6.12" \
	tests/vm/predict.sh "tests/vm/predict.sh newest-16k" "tests/vm/history.sh R8 R10 R12 R13" "tests/vm/faults.sh newest n1" \
	"tests/vm/faults.sh newest bbm" "tests/vm/faults.sh newest-16k max" "tests/vm/faults.sh 6.12 max" \
	"tests/vm/backends.sh 6.18 max" \
	"tests/vm/births.sh newest n1" "tests/vm/births.sh newest-16k max" \
	"tests/vm/births.sh 6.18 max" "tests/vm/births.sh 6.12 max" \
	"tests/vm/backends.sh newest-16k max" "tests/vm/overrun.sh newest n1" \
	"tests/vm/oracle.sh newest max 50000 10000" "tests/vm/oracle.sh newest-16k max 50000 10000" \
	"tests/vm/oracle.sh newest n1" "tests/vm/oracle.sh newest-16k n1" \
	"tests/vm/process.sh newest max 300 1000" "tests/vm/process.sh newest-16k max 300 1000" \
	"tests/vm/process.sh newest n1 200 1000" "tests/vm/process.sh newest-16k n1 100 1000" \
	$(foreach c,newest/max newest/bbm newest-16k/max 6.18/max 6.12/max,"tests/vm/selftest.sh $(subst /, ,$c) all") \
	$(foreach k,$(OWN_KERNELS),"tests/vm/pagealloc.sh own-$k" "tests/vm/faults.sh own-$k" "tests/vm/predict.sh own-$k") \
	$(call triggers,$(OWN_COMBINATIONS) $(MATRIX_MORE))
LONG_TIMED := "tests/vm/scale.sh newest n1" "tests/vm/scale.sh newest max"
# comes last: what the trigger set found on each, in one table
table = "tests/vm/matrix.sh $(1)"

SUBMAKE = +$(Q)$(MAKE) --no-print-directory

check: test-packages
	$(SUBMAKE) run-check
check-unit:
	$(SUBMAKE) run-check-unit
check-vm: test-packages
	$(SUBMAKE) run-check-vm
check-all: test-packages kernel-packages
	$(SUBMAKE) run-check-all
soak: test-packages
	$(SUBMAKE) run-soak
demo: test-packages
	$(SUBMAKE) run-demo

# make kernel FRAGMENT=tests/vm/fragments/64k.config: tests/vm/run --kernel own-64k boots it
kernel: kernel-packages
	$(if $(FRAGMENT),,$(error FRAGMENT is not set: make kernel FRAGMENT=$(firstword $(wildcard tests/vm/fragments/64*))))
	$(Q)tests/vm/build-kernel $(FRAGMENT)
	$(Q)tests/module/build own-$(basename $(notdir $(FRAGMENT)))

test-packages:
	$(Q)tests/setup check
kernel-packages:
	$(Q)tests/setup kernel

run-check: all guest-files $(VMLINUX_GEN) $(UNIT_TESTS) $(FUZZ_REPLAY) $(REPORT_GENERATE)
	$(Q)tests/run-tests $(UNIT_TESTS) $(FUZZ_REPLAY) $(COMMAND_TESTS) $(VM_TESTS) \
		--alone $(TIMED_TESTS) $(call table,$(VM_COMBINATIONS))
run-check-unit: all $(VMLINUX_GEN) $(UNIT_TESTS) $(FUZZ_REPLAY) $(REPORT_GENERATE)
	$(Q)tests/run-tests $(UNIT_TESTS) $(FUZZ_REPLAY) $(COMMAND_TESTS) --alone $(TIMED_TESTS)
run-check-vm: guest-files $(VMLINUX_GEN)
	$(Q)tests/run-tests $(VM_TESTS) $(call triggers,$(MATRIX_MORE)) \
		--alone $(call table,$(VM_COMBINATIONS) $(MATRIX_MORE))
run-check-all: all guest-files own-kernels $(VMLINUX_GEN) $(UNIT_TESTS) $(FUZZ_REPLAY) $(REPORT_GENERATE)
	$(Q)tests/run-tests $(UNIT_TESTS) $(FUZZ_REPLAY) $(COMMAND_TESTS) $(VM_TESTS) $(LONG_TESTS) \
		--alone $(TIMED_TESTS) $(LONG_TIMED) $(call table,$(VM_COMBINATIONS) $(OWN_COMBINATIONS) $(MATRIX_MORE))
run-soak: guest-files
	$(Q)TEST_TIMEOUT=7200 TEST_JOBS=1 tests/run-tests \
		$(foreach c,$(SOAK_COMBINATIONS),"tests/vm/soak.sh $(subst /, ,$c) $(SOAK_CHANGES)")
check-style:
	$(Q)tests/run-tests tests/command/style.sh

# Fetched before the tests, so that it can be seen. What is not to be had is a test's to skip or to mourn.
guest-files: arm64 oracle-arm64 process-target-arm64 $(BUILD_ARM64)/provoke
	$(Q)for k in $(VM_KERNELS); do tests/vm/kernel fetch $$k > /dev/null || :; done
	$(Q)for k in $(VM_KERNELS); do tests/vm/kernel module $$k brd > /dev/null 2>&1 || :; done
	$(Q)for k in $(VM_KERNELS); do tests/module/build $$k > /dev/null 2>&1 || :; done

# A kernel that cannot be built is for its tests to fail or skip.
own-kernels:
	$(Q)for k in $(OWN_KERNELS); do tests/vm/build-kernel tests/vm/fragments/$$k.config > /dev/null || :; done
	$(Q)for k in $(OWN_KERNELS); do tests/module/build own-$$k > /dev/null 2>&1 || :; done

run-demo: arm64 $(BUILD_ARM64)/provoke
	$(Q)tests/vm/demo

.PHONY: check check-unit check-vm check-all soak check-style demo kernel test-packages kernel-packages guest-files own-kernels
.PHONY: run-check run-check-unit run-check-vm run-check-all run-soak run-demo
