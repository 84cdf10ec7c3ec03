# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel as oracle: the program for the guest, and the same for this machine, which walks a seed again.

ORACLE_SRCS := $(sort $(wildcard tests/oracle/*.c))
ORACLE_OBJS := $(ORACLE_SRCS:%.c=$(BUILD)/%.o)

$(ORACLE_OBJS): ALL_CFLAGS += -Itests/oracle

$(BUILD)/walk-oracle: $(ORACLE_OBJS) $(BUILD)/libpagewalk.a
	$(call msg,LINK,$@)
	$(Q)$(CC_TARGET) $(ALL_CFLAGS) $(LDFLAGS) $(if $(STATIC),-static) $^ -o $@

oracle: $(BUILD)/walk-oracle
oracle-arm64:
	$(Q)$(MAKE) --no-print-directory ARCH=arm64 CROSS_COMPILE=$(CROSS_ARM64) STATIC=1 oracle

-include $(ORACLE_OBJS:.o=.d)

.PHONY: oracle oracle-arm64
