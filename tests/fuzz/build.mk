# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: what may be anybody's over arbitrary inputs, by clang's libFuzzer, each of FUZZ_TARGETS for FUZZ_SECONDS.
# What it finds is left in build/host/fuzz; what reaches something new goes to the corpus by `make fuzz-corpus`. The
# corpus is replayed by make check-unit, for which no fuzzer is needed.

FUZZ_ALL := pagewalk recording kallsyms events dumpfile ptdump btf
FUZZ_TARGETS ?= $(FUZZ_ALL)
FUZZ_SECONDS ?= 600
FUZZ_ARGS ?=
FUZZ := $(BUILD_HOST)/fuzz
FUZZ_CORPUS := tests/fuzz/corpus
FUZZ_REPLAY := $(FUZZ_ALL:%=$(FUZZ)/replay-%)

# A recording through the checker and to its back ends, and its tables through the page walk.
FUZZ_RECORDING := $(sort $(CORE_SRCS) $(wildcard user/kernel/*.c) user/commands/checker.c user/commands/replay.c \
	$(addprefix user/emit/,changes_junit.c changes_ktap.c draw.c emit.c json.c ktap.c object.c plain.c tally.c text.c) \
	$(addprefix user/recording/,areas.c chunk.c columns.c events.c expect.c kernel.c read.c redact.c sink.c snapshot.c \
	wire.c write.c))
FUZZ_SRCS_pagewalk := $(LIB_SRCS)
FUZZ_SRCS_recording := $(FUZZ_RECORDING)
FUZZ_SRCS_kallsyms := user/kernel/kallsyms.c
FUZZ_SRCS_events := $(FUZZ_RECORDING)
FUZZ_SRCS_dumpfile := $(sort $(CORE_SRCS) $(wildcard user/kernel/*.c)) \
	$(addprefix user/source/,dumpfile.c dumpkernel.c dumpmemory.c elfcore.c elfnote.c flattened.c kdump.c)
FUZZ_SRCS_ptdump := $(sort $(CORE_SRCS) $(wildcard user/kernel/*.c) user/dump/ptdump.c user/emit/table.c user/emit/object.c \
	$(addprefix user/recording/,import.c runs.c kernel.c read.c write.c sink.c chunk.c redact.c wire.c))
FUZZ_LIBS_recording = $(shell pkg-config --libs libbpf json-c libzstd zlib)
FUZZ_LIBS_events = $(FUZZ_LIBS_recording)
FUZZ_SRCS_btf := user/kernel/types.c
FUZZ_LIBS_btf = $(shell pkg-config --libs libbpf)
FUZZ_LIBS_dumpfile = $(FUZZ_LIBS_recording)
FUZZ_LIBS_ptdump = $(FUZZ_LIBS_recording)
FUZZ_LEN_pagewalk := 512
FUZZ_LEN_recording := 32768
FUZZ_LEN_kallsyms := 4096
FUZZ_LEN_events := 4096
FUZZ_LEN_dumpfile := 65536
FUZZ_LEN_btf := 4096
FUZZ_LEN_ptdump := 4096
# what takes more memory or longer is wrong
FUZZ_LIMITS := -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512

.SECONDEXPANSION:
$(FUZZ_ALL:%=$(FUZZ)/%): $(FUZZ)/%: tests/fuzz/%.c $$(FUZZ_SRCS_$$*) $(wildcard include/pwtrace/*.h user/*/*.h)
	$(call msg,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wall -Iuser -Iinclude -Ibpf \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $< $(FUZZ_SRCS_$*) -o $@ $(FUZZ_LIBS_$*)

# with the objects of the unit tests
$(FUZZ_REPLAY): $(FUZZ)/replay-%: $(UNIT_OBJ)/tests/fuzz/replay.o $(UNIT_OBJ)/tests/fuzz/%.o \
		$$(patsubst $$(PERCENT).c,$(UNIT_OBJ)/$$(PERCENT).o,$$(FUZZ_SRCS_$$*))
	$(call msg,HOSTLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_SANITIZE) $(HOSTCFLAGS) $(HOSTLDFLAGS) -o $@ $^ $(FUZZ_LIBS_$*)
PERCENT := %

fuzz: $(FUZZ_TARGETS:%=fuzz-run-%)
fuzz-run-%: $(FUZZ)/%
	$(Q)mkdir -p $(FUZZ)/found-$* $(FUZZ_CORPUS)/$*
	$(Q)$(FUZZ)/$* -max_total_time=$(FUZZ_SECONDS) -max_len=$(FUZZ_LEN_$*) -len_control=0 $(FUZZ_LIMITS) \
		-print_final_stats=1 -artifact_prefix=$(FUZZ)/$*- $(FUZZ_ARGS) $(FUZZ)/found-$* $(FUZZ_CORPUS)/$*

fuzz-corpus: $(FUZZ_TARGETS:%=fuzz-corpus-%)
fuzz-corpus-%: $(FUZZ)/%
	$(Q)rm -rf $(FUZZ)/minimal && mkdir -p $(FUZZ)/minimal $(FUZZ)/found-$*
	$(Q)$(FUZZ)/$* -set_cover_merge=1 -use_counters=0 $(FUZZ)/minimal $(FUZZ)/found-$* $(FUZZ_CORPUS)/$*
	$(Q)rm -f $(FUZZ_CORPUS)/$*/* && cp $(FUZZ)/minimal/* $(FUZZ_CORPUS)/$*/

-include $(FUZZ_ALL:%=$(UNIT_OBJ)/tests/fuzz/%.d) $(UNIT_OBJ)/tests/fuzz/replay.d

.PHONY: fuzz fuzz-corpus
