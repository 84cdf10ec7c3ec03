# SPDX-License-Identifier: GPL-2.0-only
#
# A process to look at in a guest, with the mappings of the oracle's.

PROCESS_TARGET_OBJS := $(patsubst %,$(BUILD)/tests/%.o,process/target process/check oracle/mappings)

$(PROCESS_TARGET_OBJS): ALL_CFLAGS += -Itests/oracle

$(BUILD)/process-target: $(PROCESS_TARGET_OBJS)
	$(call msg,LINK,$@)
	$(Q)$(CC_TARGET) $(ALL_CFLAGS) $(LDFLAGS) $(if $(STATIC),-static) $^ -o $@ \
		$$($(PKG_CONFIG) --libs $(if $(STATIC),--static) json-c)

process-target: $(BUILD)/process-target
# after the oracle, with which it shares an object
process-target-arm64: oracle-arm64
	$(Q)$(MAKE) --no-print-directory ARCH=arm64 CROSS_COMPILE=$(CROSS_ARM64) STATIC=1 process-target

-include $(PROCESS_TARGET_OBJS:.o=.d)

.PHONY: process-target process-target-arm64
