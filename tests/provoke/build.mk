# SPDX-License-Identifier: GPL-2.0-only
#
# The provoking tool for test guests: static, arm64, nothing but the C library.

BUILD_ARM64 ?= build/arm64
PROVOKE_CC ?= $(if $(filter aarch64,$(shell uname -m)),,aarch64-linux-gnu-)gcc
PROVOKE_SRC := $(sort $(wildcard tests/provoke/*.c user/provoke/*.c))

$(BUILD_ARM64)/provoke: $(PROVOKE_SRC) tests/provoke/commands.h user/provoke/provoke.h
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PROVOKE_CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -static -Iuser -o $@ $(PROVOKE_SRC)
