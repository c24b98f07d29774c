/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/door.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "ipc/peer.h"
#include "stored/service.h"

/* At most so many are accepted at once, so that those who are there are served in between. */
#define ACCEPT_BATCH 16

/* What any local user can fill must not be the log. */
static bool is_to_be_told(struct door *d)
{
	return d->n_refused++ == 0;
}

static void refuse(struct door *d, int r, const struct peer *p)
{
	if (is_to_be_told(d))
		log_warning("peer-refused role=%s uid=%ld pid=%ld", d->role->name,
			    r < 0 ? -1L : (long)p->uid, r < 0 ? -1L : (long)p->pid);
}

static void welcome(struct door *d, int connected_fd)
{
	_cleanup_(fd_closep) int fd = connected_fd;
	struct sessions *all = &d->service->sessions;
	struct peer peer;
	int r = peer_of(fd, &peer);

	if (r < 0 || !d->role->admits(&d->service->config, &peer)) {
		refuse(d, r, &peer);
		return;
	}
	if (sessions_count(all, d->role) >= d->role->most) {
		if (is_to_be_told(d))
			log_warning("peer-refused role=%s reason=crowded channels=%zu",
				    d->role->name, d->role->most);
		return;
	}
	r = session_open(all, d->role, steal_fd(fd), peer.uid);
	if (r < 0)
		log_error("channel-not-opened errno=%d", -r);
}

/* Out of descriptors or memory, most likely. The socket would go on saying that somebody waits. */
static int hold(struct loop_source *listener, int error)
{
	log_error("accept-failed errno=%d", -error);
	return loop_change(listener, 0);
}

static int on_connection(struct loop_source *listener, uint32_t events)
{
	struct door *d = task_owner(listener, struct door, listener);

	for (unsigned int i = 0; i < ACCEPT_BATCH; i++) {
		int fd = peer_accept(listener->fd);

		if (fd == -EAGAIN)
			break;
		if (fd >= 0)
			welcome(d, fd);
		else if (fd != -EINTR && fd != -ECONNABORTED)
			return hold(listener, fd);
	}
	return 0;
}

static int on_sweep(struct loop_timer *t)
{
	struct door *d = task_owner(t, struct door, sweep);

	if (d->n_refused > 1)
		log_warning("peers-refused role=%s more=%llu", d->role->name,
			    (unsigned long long)d->n_refused - 1);
	d->n_refused = 0;
	loop_arm(&d->service->loop, &d->sweep, clock_boottime_ns() + DOOR_SWEEP_NS);
	return loop_change(&d->listener, EPOLLIN);
}

int door_open(struct door *d, struct service *s, const struct session_role *role, int listen_fd)
{
	*d = (struct door){ .service = s,
			    .role = role,
			    .listener = { .fd = listen_fd, .ready = on_connection },
			    .sweep = { .expired = on_sweep } };
	loop_arm(&s->loop, &d->sweep, clock_boottime_ns() + DOOR_SWEEP_NS);
	return loop_add(&s->loop, &d->listener, EPOLLIN);
}

void door_close(struct door *d)
{
	loop_remove(&d->listener);
	loop_disarm(&d->sweep);
}
