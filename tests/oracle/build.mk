# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel as oracle: the programs for the guest, and the same for this machine, which walk a seed, or what
# was saved of a process, again.

WALK_ORACLE := callbacks tables walk
PROCESS_ORACLE := callbacks mappings process process_walk snapshot
ORACLE_SRCS := $(patsubst %,tests/oracle/%.c,$(sort $(WALK_ORACLE) $(PROCESS_ORACLE)))
ORACLE_OBJS := $(ORACLE_SRCS:%.c=$(BUILD)/%.o)

$(ORACLE_OBJS): ALL_CFLAGS += -Itests/oracle

$(BUILD)/walk-oracle: $(WALK_ORACLE:%=$(BUILD)/tests/oracle/%.o)
$(BUILD)/process-oracle: $(PROCESS_ORACLE:%=$(BUILD)/tests/oracle/%.o)
$(BUILD)/walk-oracle $(BUILD)/process-oracle: $(BUILD)/libpagewalk.a
	$(call msg,LINK,$@)
	$(Q)$(CC_TARGET) $(ALL_CFLAGS) $(LDFLAGS) $(if $(STATIC),-static) $(filter %.o,$^) $(filter %.a,$^) -o $@

oracle: $(BUILD)/walk-oracle $(BUILD)/process-oracle
# after arm64, since both make the library
oracle-arm64: arm64
	$(Q)$(MAKE) --no-print-directory ARCH=arm64 CROSS_COMPILE=$(CROSS_ARM64) STATIC=1 oracle

-include $(ORACLE_OBJS:.o=.d)

.PHONY: oracle oracle-arm64
