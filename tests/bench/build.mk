# SPDX-License-Identifier: GPL-2.0-only
#
# What watching and looking cost, in an arm64 guest. doc/testing.md tells how it is measured.

BENCH_KERNEL ?= 7.3
BENCH_CC := $(CROSS_ARM64)gcc
BENCH_PKG_CONFIG := $(if $(CROSS_ARM64),PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig) pkg-config
BENCH_OBJS := $(patsubst user/%.c,$(BUILD_ARM64)/user/%.o,$(filter user/capture/% user/kernel/% user/geometry/% user/image/%,$(SRCS)))

$(BUILD_ARM64)/bench/bare.skel.h: tests/bench/bare.bpf.c $(BPF_SRCS)
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_arm64 -Wall -Ibpf -Iinclude -c $< -o $(@D)/bare.tmp.o
	$(Q)$(BPFTOOL) gen object $(@D)/bare.bpf.o $(@D)/bare.tmp.o
	$(Q)$(BPFTOOL) gen skeleton $(@D)/bare.bpf.o name bare > $@.tmp && mv $@.tmp $@

ifneq ($(BUILD),$(BUILD_ARM64))
$(BENCH_OBJS): arm64 ;
endif

$(BUILD_ARM64)/bench/cost: tests/bench/cost.c $(BUILD_ARM64)/bench/bare.skel.h $(BENCH_OBJS)
	$(call msg,CC,$@)
	$(Q)$(BENCH_CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Iuser -Iinclude -Ibpf -I$(@D) -static \
		$< $(BENCH_OBJS) -o $@ $$($(BENCH_PKG_CONFIG) --libs --static libbpf libelf zlib)

$(BUILD_HOST)/bench/judge: tests/bench/judge.c $(CORE_SRCS)
	$(call msg,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Iuser -Iinclude -Ibpf $^ -o $@

$(BUILD_HOST)/bench/rewrite: tests/bench/rewrite.c $(CORE_SRCS) $(wildcard user/kernel/*.c) $(addprefix user/recording/,chunk.c \
		columns.c events.c expect.c kernel.c read.c redact.c sink.c wire.c write.c)
	$(call msg,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARNINGS) -Iuser -Iinclude -Ibpf $^ -o $@ \
		$(shell pkg-config --libs libbpf libzstd zlib)

# what they take, and how fast a guest can be recorded
bench-recordings: all arm64 $(BUILD_ARM64)/provoke $(BUILD_HOST)/bench/rewrite module-$(BENCH_KERNEL)
	$(Q)tests/bench/recordings.sh $(BENCH_KERNEL)

# each file by itself, as the library is built
BENCH_WALK_OBJS := $(patsubst %.c,$(BUILD_HOST)/bench/%.o,$(LIB_SRCS) tests/bench/walk.c tests/bench/fixed.c)
BENCH_WALK_WRAP := $(foreach f,malloc calloc realloc aligned_alloc,-Wl,--wrap=$(f))

$(BUILD_HOST)/bench/%.o: %.c
	$(call msg,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARNINGS) -Iuser -Iinclude -MMD -MP -c $< -o $@

$(BUILD_HOST)/bench/walk: $(BENCH_WALK_OBJS)
	$(call msg,HOSTLD,$@)
	$(Q)$(HOSTCC) $^ $(BENCH_WALK_WRAP) -o $@

-include $(BENCH_WALK_OBJS:.o=.d)

$(BUILD_ARM64)/bench/tables: tests/bench/tables.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BENCH_CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARNINGS) -static $< -o $@

# by the clock, and by instructions; the kernel's own dump takes a kernel that has one, where it was built
tables = tests/vm/run --cpu max --timeout 600 --add $(BUILD_ARM64)/bench/tables $(1) -- ./tables 21 && \
	tests/vm/run --cpu max --timeout 600 --add $(BUILD_ARM64)/bench/tables --icount $(1) -- \
		./tables 11 'million instructions'

bench-tables: arm64 $(BUILD_ARM64)/bench/tables
	$(Q)$(call tables,--kernel $(BENCH_KERNEL))
	$(Q)if tests/vm/kernel fetch own-4k > /dev/null 2>&1; then \
		$(call tables,--kernel own-4k --append debug_pagealloc=off); \
	else \
		echo '# own-4k, which has kernel_page_tables, was not built: make kernel FRAGMENT=tests/vm/fragments/4k.config'; \
	fi

# python3-drgn is fetched; some minutes
bench-drgn: arm64
	$(Q)tests/bench/drgn.sh $(BENCH_KERNEL) max
	$(Q)tests/bench/drgn.sh $(BENCH_KERNEL) max --icount

bench-walk: $(BUILD_HOST)/bench/walk
	$(Q)$(BUILD_HOST)/bench/walk

bench: $(BUILD_HOST)/bench/judge $(BUILD_HOST)/bench/walk arm64 $(BUILD_ARM64)/bench/cost module-$(BENCH_KERNEL)
	$(Q)$(BUILD_HOST)/bench/judge
	$(Q)$(BUILD_HOST)/bench/walk
	$(Q)for cpu in n1 max; do \
		tests/vm/run --kernel $(BENCH_KERNEL) --icount --cpu $$cpu --timeout 900 \
			--add $(BUILD_ARM64)/bench/cost -- \
			sh -c 'insmod /lib/pwtrace/pwt_test.ko && ./cost' || exit 1; \
	done
	$(SUBMAKE) bench-tables
	$(SUBMAKE) bench-recordings

.PHONY: bench bench-drgn bench-recordings bench-tables bench-walk
