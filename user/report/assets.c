// SPDX-License-Identifier: GPL-2.0-only
/* The style and the script of a sheet. They are files by themselves, and go in as they are. */
#include "sheet.h"

#define INCLUDE(name, file)                       \
	__asm__(".pushsection .rodata\n"          \
		".global " #name "\n" #name ":\n" \
		".incbin \"" file "\"\n"          \
		".byte 0\n"                       \
		".popsection\n")

INCLUDE(sheet_css, "user/report/sheet.css");
INCLUDE(sheet_js, "user/report/sheet.js");
