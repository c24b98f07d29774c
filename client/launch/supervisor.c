/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/supervisor.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#define NOTIFY_MAX	4096
#define ORPHANS_MS	1000
#define ORPHANS_STEP_MS 5

static struct child *find_child(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_children; i++)
		if (pid > 0 && s->children[i].pid == pid)
			return &s->children[i];
	return NULL;
}

static bool says_ready(struct span message)
{
	while (!span_is_none(message)) {
		struct span line;

		message = span_cut(message, '\n', &line);
		if (span_equal(line, SPAN("READY=1")))
			return true;
	}
	return false;
}

/* The kernel's word on who sent it; anybody can write to the socket. */
static pid_t sender(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct ucred who;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
	    c->cmsg_len != CMSG_LEN(sizeof(who)))
		return 0;
	memcpy(&who, CMSG_DATA(c), sizeof(who));
	return who.pid;
}

static int notify_ready(struct loop_source *source, uint32_t events)
{
	struct supervisor *s =
		(struct supervisor *)((char *)source - offsetof(struct supervisor, notify));
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	char text[NOTIFY_MAX];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct child *c;
	ssize_t n;

	/* There is room for credentials only: the kernel drops descriptors that come along. */
	n = recvmsg(source->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	c = find_child(s, sender(&m));
	if (c && says_ready((struct span){ text, (size_t)n }))
		child_ready(c);
	return 0;
}

static int signal_ready(struct loop_source *source, uint32_t events)
{
	struct supervisor *s =
		(struct supervisor *)((char *)source - offsetof(struct supervisor, signals));
	struct signalfd_siginfo info;

	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (info.ssi_signo == SIGCHLD)
		return 0; /* only to wake the loop: reap_orphans() follows */
	if (!s->asked_ns) {
		s->asked_ns = clock_boottime_ns();
		log_info("stopping signal=%u", info.ssi_signo);
	} else if (clock_boottime_ns() - s->asked_ns >= SUPERVISOR_PATIENCE_MS * NS_PER_MS) {
		s->hurry = true;
	}
	return 0;
}

/* SIGPIPE: a reader of our output that went away is no reason to leave the daemons alone. */
static int take_signals(int *ret_fd)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/*
 * The workers of a frontend that died become our children: we asked for that, and are it anyway as
 * the first process of a container. A daemon of ours is left for its pidfd to be noticed.
 */
static void reap_orphans(struct supervisor *s)
{
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid &&
	       !find_child(s, info.si_pid)) {
		(void)waitpid(info.si_pid, NULL, 0);
		info.si_pid = 0;
	}
}

static int step(struct supervisor *s)
{
	int r = loop_step(&s->loop, -1);

	reap_orphans(s);
	return r;
}

int supervisor_open(struct supervisor *s, int notify_fd)
{
	int r;

	*s = (struct supervisor){
		.loop.epoll_fd = -1,
		.notify = { .fd = notify_fd, .ready = notify_ready },
		.signals = { .fd = -1, .ready = signal_ready },
	};
	r = prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
	if (r >= 0)
		r = take_signals(&s->signals.fd);
	if (r >= 0)
		r = loop_init(&s->loop);
	if (r >= 0)
		r = loop_add(&s->loop, &s->notify, EPOLLIN);
	if (r >= 0)
		r = loop_add(&s->loop, &s->signals, EPOLLIN);
	return r;
}

void supervisor_close(struct supervisor *s)
{
	loop_remove(&s->notify);
	loop_remove(&s->signals);
	s->signals.fd = fd_close(s->signals.fd);
	loop_clear(&s->loop);
}

static int complain_not_started(const struct child *c, struct complaint *why)
{
	char end[CHILD_END_MAX];

	complain(why, -ECHILD, "coffer-%s %s%s", c->command->name, child_end(c, end),
		 c->late ? "" : " before it was ready");
	if (c->ended_how == CLD_KILLED && c->ended_status == SIGSYS)
		complaint_hint(why,
			       "its system call filter killed it: the kernel's log has the number");
	else
		complaint_hint(why, "it said why above");
	return -ECHILD;
}

/* One that was ready already may die while a later one is waited for, and be the reason. */
static const struct child *find_unready(const struct supervisor *s)
{
	for (size_t i = 0; i < s->n_children; i++)
		if (s->children[i].state != CHILD_READY)
			return &s->children[i];
	return NULL;
}

static int wait_ready(struct supervisor *s, struct complaint *why)
{
	const struct child *c;

	while ((c = find_unready(s)) && c->state == CHILD_STARTING && !s->asked_ns) {
		int r = step(s);

		if (r < 0)
			return complain_errno(why, r, "cannot wait for coffer-%s",
					      c->command->name);
	}
	if (s->asked_ns)
		return SUPERVISOR_STOPPED;
	return c ? complain_not_started(c, why) : SUPERVISOR_OK;
}

int supervisor_start(struct supervisor *s, const struct command *command, struct complaint *why)
{
	struct child *c;
	int r;

	if (s->n_children == SUPERVISOR_CHILDREN_MAX)
		return complain(why, -E2BIG, "too many daemons");
	c = &s->children[s->n_children++];
	child_init(c, command, &s->loop);
	r = child_start(c);
	if (r < 0)
		return complain_errno(why, r, "cannot start %s", command->program);
	return wait_ready(s, why);
}

int supervisor_run(struct supervisor *s)
{
	int r = 0;

	for (size_t i = 0; i < s->n_children; i++)
		s->children[i].restart = true;
	while (r >= 0 && !s->asked_ns)
		r = step(s);
	return r < 0 ? r : 0;
}

static int stop_one(struct supervisor *s, struct child *c)
{
	int r = 0;

	child_stop(c);
	while (c->state != CHILD_DOWN && r >= 0) {
		if (s->hurry)
			child_kill(c);
		r = step(s);
	}
	return r;
}

/* They were killed with their daemon; dying takes the kernel a moment. */
static void wait_for_orphans(void)
{
	for (int waited = 0; waited < ORPHANS_MS; waited += ORPHANS_STEP_MS) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return;
		if (pid == 0)
			nanosleep(
				&(struct timespec){ .tv_nsec = ORPHANS_STEP_MS * (long)NS_PER_MS },
				NULL);
	}
}

static void kill_all(struct supervisor *s)
{
	for (size_t i = 0; i < s->n_children; i++)
		child_kill(&s->children[i]);
}

void supervisor_stop(struct supervisor *s)
{
	int r = 0;

	for (size_t i = 0; i < s->n_children; i++)
		s->children[i].restart = false;
	for (size_t i = s->n_children; i > 0 && r >= 0; i--)
		r = stop_one(s, &s->children[i - 1]);
	if (r < 0)
		kill_all(s);
	wait_for_orphans();
}
