// SPDX-License-Identifier: GPL-2.0-only
#include "stop.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	if (stopped)
		_exit(128 + sig);
	stopped = sig;
}

static void on_child(int sig)
{
	(void)sig; /* only to end a sleep */
}

void stop_on_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal };
	struct sigaction child = { .sa_handler = on_child };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGCHLD, &child, NULL);
}

void stop_not_on_writes(bool pipe)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGXFSZ, &ignore, NULL);
	if (pipe)
		sigaction(SIGPIPE, &ignore, NULL);
}

int stop_signal(void)
{
	return stopped;
}

void stop_sleep(double seconds)
{
	struct timespec rest = { .tv_sec = (time_t)seconds };

	rest.tv_nsec = (seconds - rest.tv_sec) * 1e9;
	if (!stopped)
		nanosleep(&rest, NULL);
}
