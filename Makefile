# SPDX-License-Identifier: GPL-2.0-only
# make            build for this machine            make demo     the main job, on a real kernel
# make check      every test                        make bench    what it costs
# make check-all  on every kernel that there is     make soak     a million changes on three of them
# V=1 shows commands. doc/testing.md says what each test is.

VERSION := 0.1
HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
ARCH ?= $(HOST_ARCH)
CROSS_COMPILE ?=
CROSS_ARM64 := $(if $(filter arm64,$(HOST_ARCH)),,aarch64-linux-gnu-)

Q := $(if $(V),,@)
msg = $(if $(V),@:,@printf '  %-8s%s\n' '$(1)' '$(2)')

BUILD := build/$(ARCH)
BUILD_HOST := build/host
BUILD_ARM64 := build/arm64

# clang 14 to 19 do; Debian 12 has 14, Debian 13 has 19 as its clang
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
CC_TARGET := $(if $(filter default,$(origin CC)),$(CROSS_COMPILE)gcc,$(CC))
PKG_CONFIG := PKG_CONFIG_LIBDIR=$(if $(CROSS_COMPILE),/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig,$(shell pkg-config --variable pc_path pkg-config 2>/dev/null)) pkg-config
LIBS := libbpf libelf zlib libzstd json-c

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) -Iuser -Iinclude -Ibpf -I$(BUILD) \
	-DPWTRACE_VERSION='"$(VERSION)"'
# one static binary where it is to be carried into a guest or to another machine
STATIC := $(if $(CROSS_COMPILE),1,)
# makedumpfile's compressed format is read where there is a library for it, which is none to link statically
KDUMPFILE := $(if $(STATIC),,$(shell pkg-config --exists libkdumpfile 2>/dev/null && echo libkdumpfile))
LIBS += $(KDUMPFILE)
ALL_CFLAGS += $(if $(KDUMPFILE),-DHAVE_KDUMPFILE)

prefix ?= /usr/local
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man

SRCS := user/main.c $(sort $(wildcard user/*/*.c))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
# all but the command line, capture and kernel: what the host tests link
CORE_SRCS := $(sort $(wildcard $(addprefix user/,geometry/*.c image/*.c pagewalk/*.c model/*.c check/*.c dump/leaves.c \
	dump/parts.c dump/process.c dump/sizes.c dump/softleaf.c dump/compare.c areas/*.c audit/*.c source/changes.c source/stream.c recording/columns.c recording/expect.c \
	recording/redact.c)))
BPF_SRCS := $(wildcard bpf/*.c bpf/*.h include/pwtrace/*.h)

# the page walk as a library: what of user/ it is made of
LIB_SRCS := user/geometry/geometry.c user/image/memory.c $(sort $(wildcard user/pagewalk/*.c))
LIB_OBJS := $(LIB_SRCS:%.c=$(BUILD)/%.o)

all: $(BUILD)/pwtrace $(BUILD)/libpagewalk.a

$(BUILD)/pwtrace.bpf.o: $(BPF_SRCS)
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_arm64 -Wall -Wextra -Werror \
		-Wno-unused-parameter -Iinclude -c bpf/pwtrace.bpf.c -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp

$(BUILD)/pwtrace.skel.h: $(BUILD)/pwtrace.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name pwtrace_bpf > $@.tmp && mv $@.tmp $@

$(BUILD)/tables.bpf.o: $(BPF_SRCS)
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_arm64 -Wall -Wextra -Werror \
		-Wno-unused-parameter -Iinclude -c bpf/tables.bpf.c -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp

$(BUILD)/tables.skel.h: $(BUILD)/tables.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name tables_bpf > $@.tmp && mv $@.tmp $@

# atomic operations that give back what was there: v3
$(BUILD)/changes.bpf.o: $(BPF_SRCS)
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_arm64 -Wall -Wextra -Werror \
		-Wno-unused-parameter -Iinclude -c bpf/changes.bpf.c -o $@.tmp
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm $@.tmp

$(BUILD)/changes.skel.h: $(BUILD)/changes.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name changes_bpf > $@.tmp && mv $@.tmp $@

$(BUILD)/%.o: %.c | $(BUILD)/pwtrace.skel.h $(BUILD)/tables.skel.h $(BUILD)/changes.skel.h
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(ALL_CFLAGS) $$($(PKG_CONFIG) --cflags $(LIBS)) -MMD -MP -c $< -o $@

$(BUILD)/user/capture/attach.o $(BUILD)/user/capture/capture.o: $(BUILD)/pwtrace.skel.h

$(BUILD)/user/report/assets.o: user/report/sheet.css user/report/sheet.js

$(BUILD)/pwtrace: $(OBJS)
	$(call msg,LINK,$@)
	$(Q)$(CC_TARGET) $(ALL_CFLAGS) $(LDFLAGS) $(if $(STATIC),-static) $^ -o $@ \
		$$($(PKG_CONFIG) --libs $(if $(STATIC),--static) $(LIBS))

$(BUILD)/libpagewalk.a: $(LIB_OBJS)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(CROSS_COMPILE)ar rcsD $@ $^

include vmlinux-gen/build.mk
include tests/provoke/build.mk
include tests/module/build.mk
include tests/oracle/build.mk
include tests/process/build.mk
include tests/build.mk

# the static arm64 binary that guests run, from any machine
arm64:
	$(Q)$(MAKE) --no-print-directory ARCH=arm64 CROSS_COMPILE=$(CROSS_ARM64) STATIC=1 all

install: $(BUILD)/pwtrace $(BUILD)/libpagewalk.a
	install -D -m 755 $(BUILD)/pwtrace $(DESTDIR)$(prefix)/bin/pwtrace
	install -d $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man3
	install -m 644 $(wildcard doc/*.1) $(DESTDIR)$(mandir)/man1
	install -m 644 $(wildcard doc/*.3) $(DESTDIR)$(mandir)/man3
	install -D -m 644 $(BUILD)/libpagewalk.a $(DESTDIR)$(libdir)/libpagewalk.a
	install -D -m 644 include/pwtrace/pagewalk.h $(DESTDIR)$(includedir)/pwtrace/pagewalk.h
	install -D -m 644 include/pwtrace/pagewalk_kernel.h $(DESTDIR)$(includedir)/pwtrace/pagewalk_kernel.h
	install -d $(DESTDIR)$(libdir)/pkgconfig
	sed -e 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|' \
		-e 's|@version@|$(VERSION)|' user/pagewalk/pagewalk.pc.in \
		> $(DESTDIR)$(libdir)/pkgconfig/pagewalk.pc

clean:
	$(Q)rm -rf build

-include $(OBJS:.o=.d)

.PHONY: all arm64 install clean
.DELETE_ON_ERROR:
