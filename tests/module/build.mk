# SPDX-License-Identifier: GPL-2.0-only
#
# The test module, for each kernel in MODULE_KERNELS that Debian has headers for.

MODULE_KERNELS ?= 7.3 7.3-16k 6.12

.PHONY: modules
modules: $(addprefix module-,$(MODULE_KERNELS))

# tests/module/build knows what is fresh. Its status 77 is no failure: no headers, no module.
module-%:
	$(call msg,MODULE,$*)
	$(Q)tests/module/build $* > /dev/null || [ $$? -eq 77 ]
