/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/listeners.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/launch/sockets.h"

static const struct {
	const char *name;
	size_t at;
	int type;
} unix_listeners[] = {
	{ LISTENERS_AUTHD_FRONTEND, offsetof(struct listeners, authd_frontend), SOCK_SEQPACKET },
	{ LISTENERS_AUTHD_STORED, offsetof(struct listeners, authd_stored), SOCK_SEQPACKET },
	{ LISTENERS_AUTHD_ADMIN, offsetof(struct listeners, authd_admin), SOCK_STREAM },
	{ LISTENERS_STORED_FRONTEND, offsetof(struct listeners, stored_frontend), SOCK_SEQPACKET },
	{ LISTENERS_STORED_OPERATOR, offsetof(struct listeners, stored_operator), SOCK_SEQPACKET },
	{ LISTENERS_METRICS, offsetof(struct listeners, metrics), SOCK_STREAM },
	{ LISTENERS_NOTIFY, offsetof(struct listeners, notify), SOCK_DGRAM },
};

static int *descriptor(struct listeners *s, size_t i)
{
	return (int *)((char *)s + unix_listeners[i].at);
}

static int open_unix(const struct layout *l, size_t i, struct listeners *s, struct complaint *why)
{
	_cleanup_(freep) char *path = layout_path(l, unix_listeners[i].name);

	if (!path)
		return complain_errno(why, -ENOMEM, "cannot name %s", unix_listeners[i].name);
	if (unix_listeners[i].type == SOCK_DGRAM)
		return sockets_bind_notify(path, descriptor(s, i), why);
	return sockets_listen_unix(path, unix_listeners[i].type, descriptor(s, i), why);
}

/* TCP comes last: a client that can connect will find everything else in place. */
static int open_all(const struct layout *l, const struct options *o, struct listeners *s,
		    struct complaint *why)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(unix_listeners) && r >= 0; i++)
		r = open_unix(l, i, s, why);
	for (size_t i = 0; i < o->n_s3 && r >= 0; i++) {
		r = sockets_listen_tcp("--s3", &o->s3[i], &s->s3[i], &s->s3_bound[i], why);
		s->n_s3 += r >= 0;
	}
	for (size_t i = 0; i < o->n_rest && r >= 0; i++) {
		r = sockets_listen_tcp("--rest", &o->rest[i], &s->rest[i], &s->rest_bound[i], why);
		s->n_rest += r >= 0;
	}
	for (size_t i = 0; i < o->n_metrics && r >= 0; i++) {
		r = sockets_listen_tcp("--metrics", &o->metrics[i], &s->metrics_tcp[i],
				       &s->metrics_bound[i], why);
		s->n_metrics += r >= 0;
	}
	return r;
}

int listeners_open(const struct layout *l, const struct options *o, struct listeners *ret,
		   struct complaint *why)
{
	struct listeners s = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(unix_listeners); i++)
		*descriptor(&s, i) = -1;
	r = open_all(l, o, &s, why);
	if (r < 0)
		listeners_close(&s, l);
	else
		*ret = s;
	return r;
}

void listeners_close(struct listeners *s, const struct layout *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(unix_listeners); i++) {
		int *fd = descriptor(s, i);

		/* Without a descriptor the file is not ours: somebody may listen behind it. */
		if (*fd >= 0)
			(void)unlinkat(l->root_fd, unix_listeners[i].name, 0);
		*fd = fd_close(*fd);
	}
	while (s->n_s3)
		fd_close(s->s3[--s->n_s3]);
	while (s->n_rest)
		fd_close(s->rest[--s->n_rest]);
	while (s->n_metrics)
		fd_close(s->metrics_tcp[--s->n_metrics]);
}
