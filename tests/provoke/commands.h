/* SPDX-License-Identifier: GPL-2.0-only */
/* What provoke does beyond user/provoke: for guests, it changes more than its own process. */
#ifndef PROVOKE_COMMANDS_H
#define PROVOKE_COMMANDS_H

#include "provoke/provoke.h"

/* What a command returns beside what a trigger does: wrong usage, and it has said so. */
#define WRONG_USAGE 2

/* Load a module and unload it again. */
int module(const char *path, struct outcome *o);
/* Hide pages by memfd_secret(), say that they are held, and keep them for so long. */
int hold(long pages, long seconds, struct outcome *o);
/* As provoke_kfence(), with KFENCE sampling each @interval_ms meanwhile. */
int kfence(long interval_ms, long seconds, struct outcome *o);

#endif
