/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/child.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/launch/spawn.h"

#define TO(state) (1u << (state))

static const uint8_t child_moves[CHILD_STATES] = {
	[CHILD_DOWN] = TO(CHILD_STARTING),
	[CHILD_STARTING] =
		TO(CHILD_READY) | TO(CHILD_RESTING) | TO(CHILD_STOPPING) | TO(CHILD_DOWN),
	[CHILD_READY] = TO(CHILD_RESTING) | TO(CHILD_STOPPING) | TO(CHILD_DOWN),
	[CHILD_RESTING] = TO(CHILD_STARTING) | TO(CHILD_DOWN),
	[CHILD_STOPPING] = TO(CHILD_DOWN),
};

static void child_move(struct child *c, enum child_state to)
{
	assert(child_moves[c->state] & TO(to));
	c->state = to;
}

static void arm(struct child *c, unsigned int ms)
{
	loop_arm(c->loop, &c->timer, clock_boottime_ns() + ms * NS_PER_MS);
}

static void rest(struct child *c)
{
	child_move(c, CHILD_RESTING);
	arm(c, c->rest_ms);
}

static void lengthen_rest(struct child *c)
{
	c->rest_ms = MIN(2 * c->rest_ms, CHILD_REST_MAX_MS);
}

static void log_end(const struct child *c)
{
	char end[CHILD_END_MAX];

	if (c->state == CHILD_RESTING)
		log_warning("daemon-died name=%s how=%s restart_in_ms=%u", c->command->name,
			    LOG_VALUE(span_from_string(child_end(c, end))), c->rest_ms);
	else if (c->state == CHILD_DOWN && (c->ended_how != CLD_EXITED || c->ended_status != 0))
		log_warning("daemon-ended name=%s how=%s", c->command->name,
			    LOG_VALUE(span_from_string(child_end(c, end))));
}

static void settle_end(struct child *c)
{
	bool was_stable = c->state == CHILD_READY &&
			  clock_boottime_ns() - c->ready_ns >= CHILD_STABLE_MS * NS_PER_MS;

	if (c->state == CHILD_STOPPING || !c->restart) {
		child_move(c, CHILD_DOWN);
		log_end(c);
		return;
	}
	if (was_stable)
		c->rest_ms = CHILD_REST_MIN_MS;
	rest(c);
	log_end(c);
	lengthen_rest(c);
}

/*
 * What the daemon had started must not outlive it. The dead daemon is not reaped yet, so that its
 * pid, which is also the number of its group, cannot mean anybody else.
 */
static int child_ended(struct loop_source *s, uint32_t events)
{
	struct child *c = (struct child *)((char *)s - offsetof(struct child, pidfd));
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return -errno;
	if (info.si_pid != c->pid)
		return 0;
	kill(-c->pid, SIGKILL);
	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED) < 0)
		return -errno;
	loop_disarm(&c->timer);
	loop_remove(&c->pidfd);
	c->pidfd.fd = fd_close(c->pidfd.fd);
	c->pid = 0;
	c->ended_how = info.si_code;
	c->ended_status = info.si_status;
	settle_end(c);
	return 0;
}

static int start_again(struct child *c)
{
	int r = child_start(c);

	if (r >= 0)
		return 0;
	log_error("daemon-not-started name=%s error=%s restart_in_ms=%u", c->command->name,
		  LOG_VALUE(span_from_string(strerror(-r))), c->rest_ms);
	arm(c, c->rest_ms);
	lengthen_rest(c);
	return 0;
}

static int child_expired(struct loop_timer *t)
{
	struct child *c = (struct child *)((char *)t - offsetof(struct child, timer));

	switch (c->state) {
	case CHILD_STARTING:
		c->late = true;
		child_kill(c);
		break;
	case CHILD_STOPPING:
		log_warning("daemon-killed name=%s reason=\"did not stop\"", c->command->name);
		child_kill(c);
		break;
	case CHILD_RESTING:
		return start_again(c);
	case CHILD_DOWN:
	case CHILD_READY:
	case CHILD_STATES:
		break;
	}
	return 0;
}

void child_init(struct child *c, const struct command *command, struct loop *loop)
{
	*c = (struct child){
		.command = command,
		.loop = loop,
		.pidfd = { .fd = -1, .ready = child_ended },
		.timer = { .expired = child_expired },
		.rest_ms = CHILD_REST_MIN_MS,
	};
}

int child_start(struct child *c)
{
	int r;

	r = spawn(c->command, &c->pid, &c->pidfd.fd);
	if (r < 0)
		return r;
	r = loop_add(c->loop, &c->pidfd, EPOLLIN);
	if (r < 0) {
		child_kill(c);
		waitpid(c->pid, NULL, 0);
		c->pid = 0;
		c->pidfd.fd = fd_close(c->pidfd.fd);
		return r;
	}
	c->late = false;
	child_move(c, CHILD_STARTING);
	arm(c, c->command->start_ms);
	return 0;
}

void child_ready(struct child *c)
{
	if (c->state != CHILD_STARTING)
		return;
	loop_disarm(&c->timer);
	child_move(c, CHILD_READY);
	c->ready_ns = clock_boottime_ns();
	if (c->restart)
		log_info("daemon-ready name=%s pid=%d", c->command->name, c->pid);
}

void child_stop(struct child *c)
{
	switch (c->state) {
	case CHILD_STARTING:
	case CHILD_READY:
		child_move(c, CHILD_STOPPING);
		kill(c->pid, SIGTERM);
		arm(c, CHILD_STOP_MS);
		break;
	case CHILD_RESTING:
		loop_disarm(&c->timer);
		child_move(c, CHILD_DOWN);
		break;
	case CHILD_DOWN:
	case CHILD_STOPPING:
	case CHILD_STATES:
		break;
	}
}

void child_kill(struct child *c)
{
	if (!c->pid)
		return;
	kill(c->pid, SIGKILL);
	kill(-c->pid, SIGKILL);
}

const char *child_end(const struct child *c, char buf[static CHILD_END_MAX])
{
	if (c->late)
		snprintf(buf, CHILD_END_MAX, "was not ready within %u s",
			 c->command->start_ms / 1000);
	else if (c->ended_how == CLD_EXITED)
		snprintf(buf, CHILD_END_MAX, "exited with status %d", c->ended_status);
	else
		snprintf(buf, CHILD_END_MAX, "was killed by signal %d (%s)", c->ended_status,
			 sigdescr_np(c->ended_status) ? sigdescr_np(c->ended_status) : "unknown");
	return buf;
}
