# SPDX-License-Identifier: GPL-2.0-only
# vmlinux-gen, a program for the machine that builds, and bpf/vmlinux.h, which it makes.
#
#   make vmlinux.h KERNEL=PATH	make bpf/vmlinux.h again, from a kernel file or the running kernel

HOSTCC ?= cc
HOST_PKG_CONFIG ?= pkg-config
BUILD_HOST ?= build/host

VMLINUX_GEN := $(BUILD_HOST)/vmlinux-gen
VMLINUX_GEN_SRCS := $(sort $(wildcard vmlinux-gen/*.c))
VMLINUX_GEN_OBJS := $(VMLINUX_GEN_SRCS:vmlinux-gen/%.c=$(BUILD_HOST)/vmlinux-gen.o/%.o)
VMLINUX_GEN_PKGS := libbpf libelf zlib libzstd
VMLINUX_GEN_CFLAGS = -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -MMD -MP \
	$(shell $(HOST_PKG_CONFIG) --cflags $(VMLINUX_GEN_PKGS)) $(HOSTCFLAGS)
VMLINUX_GEN_LDLIBS = $(shell $(HOST_PKG_CONFIG) --libs $(VMLINUX_GEN_PKGS)) $(HOSTLDLIBS)

$(VMLINUX_GEN): $(VMLINUX_GEN_OBJS)
	$(call msg,HOSTLD,$@)
	$(Q)$(HOSTCC) $(HOSTCFLAGS) $(HOSTLDFLAGS) -o $@ $^ $(VMLINUX_GEN_LDLIBS)

$(BUILD_HOST)/vmlinux-gen.o/%.o: vmlinux-gen/%.c
	$(call msg,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(VMLINUX_GEN_CFLAGS) -c -o $@ $<

-include $(VMLINUX_GEN_OBJS:.o=.d)

.PHONY: vmlinux-gen vmlinux.h
vmlinux-gen: $(VMLINUX_GEN)

vmlinux.h: $(VMLINUX_GEN)
	$(call msg,GEN,bpf/vmlinux.h)
	$(Q)VMLINUX_GEN=$(VMLINUX_GEN) vmlinux-gen/update $(KERNEL)
