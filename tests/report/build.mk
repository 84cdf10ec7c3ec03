# SPDX-License-Identifier: GPL-2.0-only
#
# Recordings to make reports of, for tests/command/report.sh.

REPORT_GENERATE := $(BUILD_HOST)/report/generate
REPORT_SRCS := tests/report/generate.c $(addprefix user/recording/,write.c chunk.c sink.c) \
	$(sort $(wildcard user/kernel/*.c)) $(CORE_SRCS)

$(REPORT_GENERATE): $(REPORT_SRCS)
	$(call msg,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Iuser -Iinclude -Ibpf $^ -o $@ \
		$$(pkg-config --libs libzstd zlib libbpf)
