# SPDX-License-Identifier: GPL-2.0-only
#
# The unit tests: one program a room, for the machine that builds, with the sanitizers on.

HOSTCC ?= cc
BUILD_HOST ?= build/host

UNIT_PROGRAMS := geometry descriptor zone image pagewalk addrxlat vma folio memory exhaustive compare \
	model vmap op check mismatch story births kernel live filter stream leaves audit dumpfile exported ptdump spans
UNIT_BINS := $(UNIT_PROGRAMS:%=$(BUILD_HOST)/unit/%)
UNIT_TESTS := $(UNIT_BINS) tests/unit/vmlinux_gen.sh

UNIT_OBJ := $(BUILD_HOST)/unit.o
UNIT_HELPERS := test tables memory_of naive ram space calls naive_vma world play core
UNIT_SHARED := $(addprefix $(UNIT_OBJ)/,$(UNIT_HELPERS:%=tests/unit/%.o) $(CORE_SRCS:.c=.o))
UNIT_KERNEL := $(patsubst %.c,$(UNIT_OBJ)/%.o,$(sort $(wildcard user/kernel/*.c)))
UNIT_FILTER := $(UNIT_OBJ)/user/commands/filter.o
UNIT_DUMP := $(patsubst %.c,$(UNIT_OBJ)/%.o,$(addprefix user/source/,dumpfile.c dumpkernel.c elfcore.c elfnote.c flattened.c kdump.c))
# all but what takes a capture
UNIT_RECORDING := $(patsubst %.c,$(UNIT_OBJ)/%.o,$(filter-out user/recording/tape.c,$(sort $(wildcard user/recording/*.c))) \
	user/dump/ptdump.c)
UNIT_PRINT := $(UNIT_OBJ)/user/emit/table.o $(UNIT_OBJ)/user/emit/object.o
UNIT_SPANS := $(UNIT_OBJ)/user/emit/spans.o
UNIT_OBJS := $(UNIT_SHARED) $(UNIT_KERNEL) $(UNIT_FILTER) $(UNIT_PRINT) $(UNIT_SPANS) $(UNIT_DUMP) $(UNIT_RECORDING) \
	$(UNIT_PROGRAMS:%=$(UNIT_OBJ)/tests/unit/%.o)
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wall -Wextra \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla -Iuser -Iinclude -Itests/unit \
	$(UNIT_SANITIZE)

$(BUILD_HOST)/unit/kernel $(BUILD_HOST)/unit/live: $(UNIT_KERNEL)
$(BUILD_HOST)/unit/kernel $(BUILD_HOST)/unit/live: HOSTLIBS = $(shell pkg-config --libs libbpf)
$(BUILD_HOST)/unit/filter: $(UNIT_FILTER)
$(BUILD_HOST)/unit/dumpfile $(BUILD_HOST)/unit/exported: $(UNIT_DUMP) $(UNIT_KERNEL)
$(BUILD_HOST)/unit/dumpfile: HOSTLIBS = $(shell pkg-config --libs libbpf)
$(BUILD_HOST)/unit/exported: $(UNIT_RECORDING)
$(BUILD_HOST)/unit/ptdump: $(UNIT_RECORDING) $(UNIT_KERNEL) $(UNIT_PRINT)
$(BUILD_HOST)/unit/ptdump: HOSTLIBS = $(shell pkg-config --libs libbpf libzstd zlib json-c)
$(BUILD_HOST)/unit/exported: HOSTLIBS = $(shell pkg-config --libs libbpf libzstd zlib)
$(BUILD_HOST)/unit/spans: $(UNIT_SPANS)
$(BUILD_HOST)/unit/leaves: $(UNIT_PRINT)
$(BUILD_HOST)/unit/leaves: HOSTLIBS = $(shell pkg-config --libs json-c)

# libaddrxlat, to compare with; without it the test says that it was skipped
ADDRXLAT := $(shell pkg-config --modversion libaddrxlat 2>/dev/null)
ifneq ($(ADDRXLAT),)
$(UNIT_OBJ)/tests/unit/addrxlat.o: UNIT_CFLAGS += -DHAVE_ADDRXLAT \
	-DLIBADDRXLAT='"$(ADDRXLAT)"' $(shell pkg-config --cflags libaddrxlat)
$(BUILD_HOST)/unit/addrxlat: HOSTLDFLAGS += $(shell pkg-config --libs libaddrxlat)
$(UNIT_OBJ)/tests/unit/exported.o: UNIT_CFLAGS += -DHAVE_KDUMPFILE $(shell pkg-config --cflags libkdumpfile)
$(BUILD_HOST)/unit/exported: HOSTLDFLAGS += $(shell pkg-config --libs libkdumpfile libaddrxlat)
endif

$(UNIT_BINS): $(BUILD_HOST)/unit/%: $(UNIT_OBJ)/tests/unit/%.o $(UNIT_SHARED)
	$(call msg,HOSTLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_SANITIZE) $(HOSTCFLAGS) $(HOSTLDFLAGS) -o $@ $^ $(HOSTLIBS)

$(UNIT_OBJ)/%.o: %.c
	$(call msg,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_CFLAGS) $(HOSTCFLAGS) -MMD -MP -c -o $@ $<

-include $(UNIT_OBJS:.o=.d)
