/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define LISTEN_FDS_START 3

/*
 * A daemon that changes its user id loses this setting and must make it again; it can, because
 * PR_GET_PDEATHSIG tells it. SIGKILL, and not a polite end, because the next launcher may start at
 * once, and two storeds must never work on one directory.
 */
static int die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

static int reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		(void)signal(signal_number, SIG_DFL); /* fails for those that cannot be changed */
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

/* Moves all out of the way first, so that none is overwritten before it was moved. */
static int pass_sockets(const struct command *c)
{
	int last = LISTEN_FDS_START + (int)c->n_sockets, moved[COMMAND_SOCKETS_MAX];

	for (size_t i = 0; i < c->n_sockets; i++) {
		moved[i] = fcntl(c->sockets[i], F_DUPFD_CLOEXEC, last);
		if (moved[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < c->n_sockets; i++)
		if (dup2(moved[i], LISTEN_FDS_START + (int)i) < 0)
			return -errno;
	/* Ours are close-on-exec; what we were given by whoever started us may not be. */
	if (close_range((unsigned int)last, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static int pass_standard_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -errno;
	return 0;
}

static int become(const struct command *c, pid_t parent)
{
	char listen_pid[32], *environment[COMMAND_STRINGS_MAX + 2] = { listen_pid };
	int r;

	snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", getpid());
	memcpy(environment + 1, c->environment.v, c->environment.n * sizeof(char *));
	r = die_with(parent);
	if (r >= 0)
		r = reset_signals();
	if (r >= 0)
		r = pass_standard_streams();
	if (r >= 0)
		r = pass_sockets(c);
	if (r < 0)
		return r;
	umask(0077);
	if (setpgid(0, 0) < 0 || chdir("/") < 0)
		return -errno;
	execve(c->program, c->args.v, environment);
	return -errno;
}

/* The descriptor is above those that the sockets are moved to, and closes when exec succeeds. */
static void run(const struct command *c, pid_t parent, int report_to)
{
	int fd = fcntl(report_to, F_DUPFD_CLOEXEC, LISTEN_FDS_START + COMMAND_SOCKETS_MAX);
	int r = fd < 0 ? -errno : become(c, parent);

	_exit(write(fd, &r, sizeof(r)) == sizeof(r) ? 127 : 126);
}

/* Reads what kept the program from running, or 0 when the pipe just ended. */
static int read_report(int fd)
{
	int r;
	ssize_t n;

	do
		n = read(fd, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	return n == sizeof(r) ? r : -EIO;
}

int spawn(const struct command *c, pid_t *ret_pid, int *ret_pidfd)
{
	_cleanup_(fd_closep) int report_fd = -1, write_fd = -1, pidfd = -1;
	pid_t parent = getpid(), pid;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	report_fd = fds[0];
	write_fd = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run(c, parent, write_fd);
	write_fd = fd_close(write_fd);
	r = read_report(report_fd);
	if (r >= 0 && (pidfd = pidfd_open(pid, 0)) < 0)
		r = -errno;
	if (r < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return r;
	}
	*ret_pid = pid;
	*ret_pidfd = steal_fd(pidfd);
	return 0;
}
