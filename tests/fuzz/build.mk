# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: what is read that anybody may have written, by clang's libFuzzer, each target for FUZZ_SECONDS: libpagewalk over
# arbitrary images, ELF cores, ptdump's text. `make fuzz-TARGET` is one of them. What is found is left in build/host/fuzz; what
# reaches something new goes to the corpus by `make fuzz-corpus`. The corpus is replayed by make check-unit, for which no
# fuzzer is needed.

FUZZ_SECONDS ?= 600
FUZZ_ARGS ?=
FUZZ := $(BUILD_HOST)/fuzz
FUZZ_TARGETS := pagewalk dumpfile ptdump
FUZZ_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wall -Wextra -Iuser -Iinclude \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_REPLAY := $(FUZZ_TARGETS:%=$(FUZZ)/replay-%)

# what each is made of, and the length of its inputs; the recording is written without a capture
FUZZ_KERNEL := $(addprefix user/kernel/,kernel.c kallsyms.c kcore.c) $(addprefix user/geometry/,descriptor.c zone.c)
FUZZ_SRCS_pagewalk := $(LIB_SRCS)
FUZZ_SRCS_dumpfile := $(LIB_SRCS) $(FUZZ_KERNEL) user/dump/leaves.c user/source/stream.c \
	$(addprefix user/source/,dumpfile.c dumpkernel.c elfcore.c elfnote.c flattened.c kdump.c)
FUZZ_SRCS_ptdump := $(LIB_SRCS) $(FUZZ_KERNEL) $(addprefix user/dump/,leaves.c ptdump.c markers.c) user/emit/table.c user/emit/object.c \
	$(addprefix user/recording/,import.c runs.c kernel.c read.c write.c sink.c chunk.c)
FUZZ_LIBS_ptdump := libzstd zlib json-c
FUZZ_LENGTH_pagewalk := 512
FUZZ_LENGTH_dumpfile := 65536
FUZZ_LENGTH_ptdump := 4096

.SECONDEXPANSION:
$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: tests/fuzz/%.c $$(FUZZ_SRCS_$$*) $(wildcard include/pwtrace/*.h user/*/*.h)
	$(call msg,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) $(filter %.c,$^) -o $@ $(if $(FUZZ_LIBS_$*),$$(pkg-config --libs $(FUZZ_LIBS_$*)))

# with the objects of the unit tests
FUZZ_OBJS := $(patsubst %.c,$(UNIT_OBJ)/%.o,tests/fuzz/replay.c $(FUZZ_TARGETS:%=tests/fuzz/%.c))
$(FUZZ_REPLAY): $(FUZZ)/replay-%: $(UNIT_OBJ)/tests/fuzz/replay.o $(UNIT_OBJ)/tests/fuzz/%.o \
		$$(addprefix $(UNIT_OBJ)/,$$(FUZZ_SRCS_$$*:.c=.o))
	$(call msg,HOSTLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_SANITIZE) $(HOSTCFLAGS) $(HOSTLDFLAGS) -o $@ $^ $(if $(FUZZ_LIBS_$*),$$(pkg-config --libs $(FUZZ_LIBS_$*)))

fuzz: $(FUZZ_TARGETS:%=fuzz-%)

$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: $(FUZZ)/%
	$(Q)mkdir -p $(FUZZ)/found-$*
	$(Q)$(FUZZ)/$* -max_total_time=$(FUZZ_SECONDS) -max_len=$(FUZZ_LENGTH_$*) -len_control=0 -timeout=10 -print_final_stats=1 \
		-artifact_prefix=$(FUZZ)/$*- $(FUZZ_ARGS) $(FUZZ)/found-$* tests/fuzz/corpus/$*

fuzz-corpus: $(FUZZ_TARGETS:%=fuzz-corpus-%)

$(FUZZ_TARGETS:%=fuzz-corpus-%): fuzz-corpus-%: $(FUZZ)/%
	$(Q)rm -rf $(FUZZ)/minimal && mkdir -p $(FUZZ)/minimal $(FUZZ)/found-$*
	$(Q)$(FUZZ)/$* -set_cover_merge=1 -use_counters=0 $(FUZZ)/minimal $(FUZZ)/found-$* tests/fuzz/corpus/$*
	$(Q)rm -f tests/fuzz/corpus/$*/* && cp $(FUZZ)/minimal/* tests/fuzz/corpus/$*/

-include $(FUZZ_OBJS:.o=.d)

.PHONY: fuzz fuzz-corpus $(FUZZ_TARGETS:%=fuzz-%) $(FUZZ_TARGETS:%=fuzz-corpus-%)
