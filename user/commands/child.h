/* SPDX-License-Identifier: GPL-2.0-only */
/* The command behind "--", started once the hooks are there. */
#ifndef PWTRACE_CHILD_H
#define PWTRACE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Start it. @to_stderr: what it prints goes there, as standard output is taken. Return: its pid, or
 * a negative errno, that of execvp() too.
 */
pid_t child_start(char **argv, bool to_stderr);

/* 1: it has ended and *status is that of waitpid(); 0: it runs. */
int child_ended(pid_t pid, int *status);

#endif
