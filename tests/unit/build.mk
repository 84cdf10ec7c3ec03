# SPDX-License-Identifier: GPL-2.0-only
#
# The unit tests: one program a room, for the machine that builds, with the sanitizers on.

HOSTCC ?= cc
BUILD_HOST ?= build/host

UNIT_PROGRAMS := geometry descriptor zone image pagewalk addrxlat vma folio memory exhaustive compare \
	model vmap op check mismatch story births kernel live filter stream leaves audit \
	areas area_pages columns differences redact process task owner report results recording hostile replay changes \
	dumpfile exported ptdump spans recorded_areas
UNIT_BINS := $(UNIT_PROGRAMS:%=$(BUILD_HOST)/unit/%)
UNIT_TESTS := $(UNIT_BINS) tests/unit/vmlinux_gen.sh

UNIT_OBJ := $(BUILD_HOST)/unit.o
UNIT_HELPERS := test tables memory_of naive ram space calls naive_vma world play accounts core
UNIT_SHARED := $(addprefix $(UNIT_OBJ)/,$(UNIT_HELPERS:%=tests/unit/%.o) $(CORE_SRCS:.c=.o))
UNIT_KERNEL := $(patsubst %.c,$(UNIT_OBJ)/%.o,$(sort $(wildcard user/kernel/*.c)))
UNIT_FILTER := $(UNIT_OBJ)/user/commands/filter.o
UNIT_PRINT := $(UNIT_OBJ)/user/emit/table.o $(UNIT_OBJ)/user/emit/object.o
# the back ends of a stream of changes
UNIT_EMIT := $(addprefix user/emit/,changes_junit.c changes_ktap.c draw.c emit.c json.c ktap.c object.c plain.c \
	tally.c text.c)
UNIT_REPORT := $(patsubst %.c,$(UNIT_OBJ)/%.o,$(sort $(wildcard user/report/*.c)) \
	$(filter-out user/emit/object.c,$(UNIT_EMIT)))
# a session and a replay of it, with a capture that is made up
UNIT_RECORDING := $(patsubst %.c,$(UNIT_OBJ)/%.o,$(sort $(wildcard user/recording/*.c)) user/dump/ptdump.c)
UNIT_REPLAY := $(UNIT_RECORDING) $(UNIT_KERNEL) \
	$(patsubst %.c,$(UNIT_OBJ)/%.o,$(UNIT_EMIT) \
	$(addprefix user/commands/,checker.c replay.c session.c) $(addprefix tests/unit/,forge.c stage.c scenario.c))
# all but what takes a running kernel
UNIT_WRITTEN := $(filter-out %/tape.o %/snapshot_take.o %/areas_now.o,$(UNIT_RECORDING))
UNIT_DUMP := $(patsubst %,$(UNIT_OBJ)/user/source/%.o,dumpfile dumpkernel dumpmemory elfcore elfnote flattened kdump)
UNIT_SPANS := $(UNIT_OBJ)/user/emit/spans.o
UNIT_WITH_REPLAY := $(addprefix $(BUILD_HOST)/unit/,recording hostile replay)
UNIT_WRAP := -Wl,--wrap=clock_gettime,--wrap=kfence_pool_now,--wrap=vmcoreinfo_read_elf,--wrap=event_writer_push
UNIT_OBJS := $(UNIT_SHARED) $(UNIT_REPORT) $(UNIT_KERNEL) $(UNIT_FILTER) $(UNIT_PRINT) $(UNIT_REPLAY) $(UNIT_DUMP) $(UNIT_SPANS) \
	$(UNIT_PROGRAMS:%=$(UNIT_OBJ)/tests/unit/%.o)
UNIT_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wall -Wextra \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla -Iuser -Iinclude -Ibpf -Itests/unit \
	$(UNIT_SANITIZE)

$(BUILD_HOST)/unit/kernel $(BUILD_HOST)/unit/live $(BUILD_HOST)/unit/task $(BUILD_HOST)/unit/owner: $(UNIT_KERNEL)
$(BUILD_HOST)/unit/kernel $(BUILD_HOST)/unit/live $(BUILD_HOST)/unit/task $(BUILD_HOST)/unit/owner: HOSTLIBS = $(shell pkg-config --libs libbpf)
$(BUILD_HOST)/unit/filter: $(UNIT_FILTER)
$(BUILD_HOST)/unit/redact: $(UNIT_KERNEL)
$(BUILD_HOST)/unit/redact: HOSTLIBS = $(shell pkg-config --libs libbpf)
$(BUILD_HOST)/unit/report $(BUILD_HOST)/unit/results: $(UNIT_REPORT) $(UNIT_KERNEL) $(UNIT_PRINT)
$(BUILD_HOST)/unit/report $(BUILD_HOST)/unit/results: HOSTLIBS = $(shell pkg-config --libs libbpf json-c)
$(UNIT_OBJ)/user/report/assets.o: user/report/sheet.css user/report/sheet.js
$(UNIT_WITH_REPLAY): $(UNIT_REPLAY)
$(UNIT_WITH_REPLAY): HOSTLDFLAGS += $(UNIT_WRAP)
$(UNIT_WITH_REPLAY): HOSTLIBS = \
	$(shell pkg-config --libs libbpf json-c libzstd zlib)
$(BUILD_HOST)/unit/dumpfile $(BUILD_HOST)/unit/exported: $(UNIT_DUMP) $(UNIT_KERNEL)
$(BUILD_HOST)/unit/dumpfile: HOSTLIBS = $(shell pkg-config --libs libbpf)
$(BUILD_HOST)/unit/exported $(BUILD_HOST)/unit/ptdump $(BUILD_HOST)/unit/recorded_areas: $(UNIT_WRITTEN)
$(BUILD_HOST)/unit/ptdump $(BUILD_HOST)/unit/recorded_areas: $(UNIT_KERNEL) $(UNIT_PRINT)
$(BUILD_HOST)/unit/exported $(BUILD_HOST)/unit/ptdump $(BUILD_HOST)/unit/recorded_areas: HOSTLIBS = $(shell pkg-config --libs libbpf json-c libzstd zlib)
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
