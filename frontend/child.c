/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "frontend/line.h"
#include "ipc/peer.h"

/* --- errands ----------------------------------------------------------------------------- */

static void errand_arm(struct errand *e)
{
	uint64_t now = clock_boottime_ns();

	/* Who has been content for a while is served at once again. */
	if (now - e->last_ns > 2 * CHILD_DIAL_MOST_MS * NS_PER_MS)
		e->delay_ms = 0;
	loop_arm(e->child->config.loop, &e->timer, now + e->delay_ms * NS_PER_MS);
}

static void errand_take_back(struct errand *e)
{
	if (e->given_fd >= 0)
		shutdown(e->given_fd, SHUT_RDWR);
	e->given_fd = fd_close(e->given_fd);
}

static int errand_run(struct loop_timer *t)
{
	struct errand *e = (struct errand *)((char *)t - offsetof(struct errand, timer));
	_cleanup_(fd_closep) int fd = peer_dial(e->path);
	int r = fd;

	errand_take_back(e);
	e->last_ns = clock_boottime_ns();
	e->delay_ms = e->delay_ms ? MIN(e->delay_ms * 2, (uint32_t)CHILD_DIAL_MOST_MS)
				  : CHILD_DIAL_FIRST_MS;
	if (fd >= 0)
		r = line_say(e->child->line.fd, (enum line_word)e->word, fd);
	if (r < 0)
		errand_arm(e);
	else
		e->given_fd = steal_fd(fd);
	return 0;
}

static void errand_init(struct errand *e, struct child *c, enum line_word word, const char *path)
{
	*e = (struct errand){
		.timer.expired = errand_run,
		.child = c,
		.word = (char)word,
		.path = path,
		.given_fd = -1,
	};
}

/* --- the line ---------------------------------------------------------------------------- */

/* A worker may be somebody else's by now: it can ask for these three things, and that is all. */
static void child_heard(struct child *c, enum line_word word)
{
	switch (word) {
	case LINE_AUTHD:
		errand_arm(&c->authd);
		break;
	case LINE_STORED:
		errand_arm(&c->stored);
		break;
	case LINE_READY:
		if (!c->is_ready)
			c->config.ready(c->config.context);
		c->is_ready = true;
		break;
	}
}

static void child_close_line(struct child *c)
{
	loop_disarm(&c->authd.timer);
	loop_disarm(&c->stored.timer);
	errand_take_back(&c->authd);
	errand_take_back(&c->stored);
	loop_remove(&c->line);
	c->line.fd = fd_close(c->line.fd);
}

static int line_ready(struct loop_source *s, uint32_t events)
{
	struct child *c = (struct child *)((char *)s - offsetof(struct child, line));
	_cleanup_(fd_closep) int fd = -1;
	enum line_word word;
	int r = line_hear(s->fd, &word, &fd);

	if (r == -EAGAIN || r == -EINTR)
		return 0;
	if (r == 0) {
		child_heard(c, word);
		return 0;
	}
	/* A worker that ends, or speaks no sense: either way this is its last. */
	if (r != -ENOTCONN) {
		log_error("worker-violation pid=%d", c->pid);
		kill(c->pid, SIGKILL);
	}
	child_close_line(c);
	return 0;
}

/* --- life -------------------------------------------------------------------------------- */

static int restart(struct loop_timer *t)
{
	return child_start((struct child *)((char *)t - offsetof(struct child, restart)));
}

void child_init(struct child *c, const struct child_config *config)
{
	*c = (struct child){ .config = *config,
			     .line = { .fd = -1, .ready = line_ready },
			     .restart.expired = restart };
	errand_init(&c->authd, c, LINE_AUTHD, config->authd);
	errand_init(&c->stored, c, LINE_STORED, config->stored);
}

/* Serves until the worker ends; a worker without its parent is nobody's. */
static _Noreturn void become_worker(struct child *c, pid_t parent, int line_fd)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	_exit(c->config.serve(c->config.context, c->config.slot, line_fd));
}

int child_start(struct child *c)
{
	_cleanup_(fd_closep) int ours = -1, its = -1;
	pid_t pid, self = getpid();
	int pair[2], r;

	r = line_open(pair);
	if (r < 0)
		return r;
	ours = pair[0];
	its = pair[1];
	c->started_ns = clock_boottime_ns();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(ours);
		become_worker(c, self, its);
	}
	c->pid = pid;
	c->line.fd = steal_fd(ours);
	/* Its own end kept the one before it from dialling too often. */
	c->authd.delay_ms = c->stored.delay_ms = 0;
	log_info("worker-started pid=%d", pid);
	return loop_add(c->config.loop, &c->line, EPOLLIN);
}

int child_ended(struct child *c, bool again)
{
	uint64_t earliest = c->started_ns + CHILD_RESTART_MS * NS_PER_MS;

	child_close_line(c);
	c->pid = 0;
	if (!again)
		return 0;
	if (clock_boottime_ns() >= earliest)
		return child_start(c);
	loop_arm(c->config.loop, &c->restart, earliest);
	return 0;
}

void child_forget(struct child *c)
{
	c->authd.given_fd = fd_close(c->authd.given_fd);
	c->stored.given_fd = fd_close(c->stored.given_fd);
	c->line.fd = fd_close(c->line.fd);
}
