# SPDX-License-Identifier: GPL-2.0-only
#
# make fuzz: libpagewalk over arbitrary images, by clang's libFuzzer, for FUZZ_SECONDS. What it finds is left in
# build/host/fuzz; what reaches something new goes to the corpus by `make fuzz-corpus`. The corpus is replayed by
# make check-unit, for which no fuzzer is needed.

FUZZ_SECONDS ?= 600
FUZZ_ARGS ?=
FUZZ := $(BUILD_HOST)/fuzz
FUZZ_CORPUS := tests/fuzz/corpus/pagewalk
FUZZ_SRCS := tests/fuzz/pagewalk.c $(LIB_SRCS)
FUZZ_REPLAY := $(FUZZ)/replay

$(FUZZ)/pagewalk: $(FUZZ_SRCS) include/pwtrace/pagewalk.h $(wildcard user/pagewalk/*.h user/geometry/*.h)
	$(call msg,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wall -Wextra -Iuser -Iinclude \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(FUZZ_SRCS) -o $@

# with the objects of the unit tests
$(FUZZ_REPLAY): $(patsubst %.c,$(UNIT_OBJ)/%.o,tests/fuzz/replay.c tests/fuzz/pagewalk.c $(LIB_SRCS))
	$(call msg,HOSTLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_SANITIZE) $(HOSTCFLAGS) $(HOSTLDFLAGS) -o $@ $^

fuzz: $(FUZZ)/pagewalk
	$(Q)mkdir -p $(FUZZ)/found
	$(Q)$(FUZZ)/pagewalk -max_total_time=$(FUZZ_SECONDS) -max_len=512 -len_control=0 -timeout=10 -print_final_stats=1 \
		-artifact_prefix=$(FUZZ)/ $(FUZZ_ARGS) $(FUZZ)/found $(FUZZ_CORPUS)

fuzz-corpus: $(FUZZ)/pagewalk
	$(Q)rm -rf $(FUZZ)/minimal && mkdir -p $(FUZZ)/minimal $(FUZZ)/found
	$(Q)$(FUZZ)/pagewalk -set_cover_merge=1 -use_counters=0 $(FUZZ)/minimal $(FUZZ)/found $(FUZZ_CORPUS)
	$(Q)rm -f $(FUZZ_CORPUS)/* && cp $(FUZZ)/minimal/* $(FUZZ_CORPUS)/

.PHONY: fuzz fuzz-corpus
