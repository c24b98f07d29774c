/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/courier.h"

#include <stdio.h>

#include "base/fd.h"

#define STEP_MS 100

int courier_open(struct courier *c, const struct operator_target *t,
		 const volatile sig_atomic_t *stop, struct complaint *why)
{
	*c = (struct courier){ .target = *t, .stop = stop, .why = why };
	return operator_begin(&c->stored, &c->target, why);
}

void courier_close(struct courier *c)
{
	if (c->target.tenant)
		operator_clear(&c->stored);
}

static void take_extent(struct parcel *p, const struct ipc_extent *e, int *fd)
{
	if (p->n_extents == COURIER_EXTENTS_MAX)
		return;
	p->extents[p->n_extents++] =
		(struct operator_extent){ steal_fd(*fd), e->offset, e->length, e->last };
	p->answered = e->last;
}

static void heard(struct operator_call *call, const struct ipc_message *m, int *fd)
{
	struct parcel *p = (struct parcel *)call;

	if (!m) {
		p->lost = true;
	} else if (m->number == IPC_EXTENT) {
		take_extent(p, &m->extent, fd);
	} else if (m->number == IPC_DONE) {
		p->answered = true;
	} else if (m->number == IPC_FAILED) {
		p->answered = true;
		p->error = operator_error(&m->failed);
		snprintf(p->detail, sizeof(p->detail), "%.*s", (int)m->failed.detail.len,
			 (const char *)m->failed.detail.data);
	}
}

int courier_send(struct courier *c, struct parcel *p, const struct ipc_message *m, int fd)
{
	int r;

	*p = (struct parcel){ .call.heard = heard };
	r = operator_say(&c->stored, &p->call, m, fd);
	return r < 0 ? complain_errno(c->why, r, "cannot speak to stored") : 0;
}

int courier_wait(struct courier *c, struct parcel *p)
{
	int r = 0;

	while (r == 0 && !p->answered && !p->lost && !*c->stop)
		r = operator_step(&c->stored, STEP_MS);
	if (r < 0)
		return complain_errno(c->why, r, "cannot speak to stored");
	if (p->answered)
		return 0;
	if (*c->stop) {
		complain(c->why, 0, "interrupted");
		complaint_hint(c->why, "the same command again goes on from here");
		return -EINTR;
	}
	complain(c->why, 0, "the server has gone away");
	complaint_hint(c->why, "what was done stays: the same command again goes on from here");
	return -ENOTCONN;
}

void courier_drop(struct courier *c, struct parcel *p)
{
	operator_cancel(&c->stored, &p->call);
	for (size_t i = 0; i < p->n_extents; i++)
		fd_close(p->extents[i].fd);
	*p = (struct parcel){ 0 };
}

const char *parcel_sentence(const struct parcel *p)
{
	return p->detail[0] ? p->detail : s3_errors[p->error].message;
}
