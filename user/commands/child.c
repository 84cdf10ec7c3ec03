// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* execvp()'s error comes back through a pipe that a successful one closes. */
pid_t child_start(char **argv, bool to_stderr)
{
	int pipefd[2], err = 0;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		err = -errno;
	} else if (!pid) {
		if (to_stderr)
			dup2(STDERR_FILENO, STDOUT_FILENO);
		/* that they are ignored here is none of its business */
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		execvp(argv[0], argv);
		err = -errno;
		if (write(pipefd[1], &err, sizeof(err)) < 0)
			_exit(126);
		_exit(127);
	}
	close(pipefd[1]);
	if (pid > 0 && read(pipefd[0], &err, sizeof(err)) == sizeof(err))
		waitpid(pid, NULL, 0);
	close(pipefd[0]);
	return err ? err : pid;
}

int child_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}
