/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals that end a command: the first in order, the second at once. */
#ifndef PWTRACE_STOP_H
#define PWTRACE_STOP_H

#include <stdbool.h>

/* From here on SIGINT, SIGTERM and SIGHUP are noted, and the end of a child ends a sleep. */
void stop_on_signals(void);

/*
 * Writing that fails, for a limit of the size of files, or as nobody reads the pipe, is an error to
 * be told and not a signal to end by.
 */
void stop_not_on_writes(bool pipe);

/* The signal that came, 0: none. */
int stop_signal(void);

/* Sleep, or less if a signal comes. */
void stop_sleep(double seconds);

#endif
