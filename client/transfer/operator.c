/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/operator.h"

#include <jansson.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/admin.h"
#include "client/dial.h"
#include "ipc/peer.h"
#include "ipc/request.h"
#include "s3/encoding.h"

#define SOCKET_NAME "stored-operator.sock"

#define RETRY_FIRST_NS (100 * NS_PER_MS)
#define RETRY_MOST_NS  (2 * NS_PER_S)

static struct operator_channel *operator_of(struct channel *c)
{
	return c->owner;
}

/* --- hearing --------------------------------------------------------------------------------- */

static void forget(struct operator_channel *o, struct operator_call *c)
{
	table_remove(&o->calls, c->number);
	c->number = 0;
}

/* Whether nothing can come behind it. */
static bool is_last(const struct ipc_message *m)
{
	switch ((int)m->number) {
	case IPC_DONE:
	case IPC_FAILED:
		return true;
	case IPC_OBJECT:
		return m->object.extents == 0;
	case IPC_EXTENT:
		return m->extent.last;
	default:
		return false;
	}
}

/* What is said of a call that was given up crossed with that. */
static int hand_out(struct operator_channel *o, uint64_t number, const struct ipc_message *m,
		    int *fd)
{
	struct operator_call *c = table_find(&o->calls, number);

	if (!c)
		return 0;
	if (is_last(m))
		forget(o, c);
	c->heard(c, m, fd);
	return 0;
}

static int take_entered(struct operator_channel *o, const struct ipc_message *m, int *fd)
{
	o->inline_limit = m->entered.inline_limit;
	o->channel.phase = IPC_PHASE_READY;
	o->state = OPERATOR_ENTERED;
	return 0;
}

/* The epoch has changed since authd sealed the grant; another channel needs another one. */
static int take_stale(struct operator_channel *o, const struct ipc_message *m, int *fd)
{
	return -ESTALE;
}

#define ABOUT_A_CALL(symbol)                                                                       \
	static int take_##symbol(struct operator_channel *o, const struct ipc_message *m, int *fd) \
	{                                                                                          \
		return hand_out(o, m->symbol.call, m, fd);                                         \
	}
ABOUT_A_CALL(pipe)
ABOUT_A_CALL(done)
ABOUT_A_CALL(failed)
ABOUT_A_CALL(object)
ABOUT_A_CALL(extent)
ABOUT_A_CALL(items)

static int on_message(struct channel *c, const struct ipc_message *m, int *fds)
{
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(operator_of(c), m, fds);
		IPC_STORED_TO_OPERATOR(MESSAGE)
#undef MESSAGE
	default:
		return CHANNEL_VIOLATION;
	}
}

static void lose_calls(struct operator_channel *o)
{
	struct operator_call *c;

	/* Each time from the start: the table changes. */
	for (size_t at = 0; (c = table_next(&o->calls, &at)); at = 0) {
		forget(o, c);
		c->heard(c, NULL, NULL);
	}
}

static void on_ended(struct channel *c, enum channel_end end, int detail)
{
	struct operator_channel *o = operator_of(c);

	o->state = OPERATOR_CLOSED;
	lose_calls(o);
}

static const struct channel_handler handler = { on_message, on_ended };

/* --- life ------------------------------------------------------------------------------------ */

const char *operator_socket(const char *named, const char *admin_socket, char buf[static PATH_MAX])
{
	return named ? named : dial_beside(admin_socket, SOCKET_NAME, buf);
}

enum s3_error operator_error(const struct ipc_failed *m)
{
	return m->error && m->error < S3_ERROR_COUNT ? (enum s3_error)m->error
						     : S3_ERROR_INTERNAL_ERROR;
}

bool operator_may_retry(enum s3_error e, unsigned int *attempts, uint64_t *ret_due_ns)
{
	if (e != S3_ERROR_SLOW_DOWN && e != S3_ERROR_SERVICE_UNAVAILABLE &&
	    e != S3_ERROR_INTERNAL_ERROR && e != S3_ERROR_REQUEST_TIMEOUT)
		return false;
	if (*attempts == OPERATOR_ATTEMPTS_MAX)
		return false;
	*ret_due_ns = clock_boottime_ns() + (OPERATOR_RETRY_FIRST_NS << (*attempts)++);
	return true;
}

int operator_init(struct operator_channel *o, const struct operator_target *t)
{
	int r;

	*o = (struct operator_channel){ .target = t,
					.calls = TABLE_INIT(OPERATOR_UNDER_WAY_MAX),
					.loop.epoll_fd = -1 };
	r = channel_group_init(&o->group);
	return r == 0 ? loop_init(&o->loop) : r;
}

void operator_clear(struct operator_channel *o)
{
	channel_close(&o->channel);
	o->state = OPERATOR_CLOSED;
	table_clear(&o->calls);
	channel_group_clear(&o->group);
	if (o->loop.epoll_fd >= 0)
		loop_clear(&o->loop);
}

int operator_step(struct operator_channel *o, int at_most_ms)
{
	int r;

	channel_group_flush(&o->group);
	r = loop_step(&o->loop, at_most_ms);
	channel_group_flush(&o->group);
	return r;
}

/* --- opening --------------------------------------------------------------------------------- */

static int read_grant(const json_t *answer, struct buffer *ret)
{
	struct span text = { json_string_value(json_object_get(answer, "grant")),
			     json_string_length(json_object_get(answer, "grant")) };
	uint8_t *to;
	size_t len;

	if (!base64_len(text, &len))
		return -EPROTO;
	to = buffer_reserve(ret, len);
	if (!to)
		return buffer_error(ret);
	if (!base64_decode(text, to, len))
		return -EPROTO;
	buffer_commit(ret, len);
	return 0;
}

static int ask_authd(const struct operator_target *t, json_t **ret, struct complaint *why)
{
	json_t *request =
		json_pack("{s:s, s:s, s:s*, s:s}", "do", "operator.grant", "tenant", t->tenant,
			  "bucket", t->bucket, "purpose", operator_purpose_name(t->purpose));
	struct admin a;
	int r;

	if (!request)
		return complain(why, -EINVAL, "tenant or bucket is not valid UTF-8");
	r = admin_open(t->admin_socket, &a, why);
	if (r >= 0) {
		r = admin_call(&a, request, ret, why);
		admin_close(&a);
	}
	json_decref(request);
	return r;
}

static bool may_pass(int r)
{
	return r == -ENOENT || r == -ECONNREFUSED || r == -ECONNRESET || r == -EPIPE ||
	       r == -ETIMEDOUT || r == -EAGAIN;
}

static int fetch_grant(const struct operator_target *t, struct buffer *ret, struct complaint *why)
{
	json_t *answer = NULL;
	int r = ask_authd(t, &answer, why);

	if (r == ADMIN_REFUSED)
		r = json_is_true(json_object_get(answer, "again")) ? OPERATOR_AWAY
								   : OPERATOR_REFUSED;
	else if (r < 0)
		r = may_pass(r) ? OPERATOR_AWAY : r;
	else if (read_grant(answer, ret) < 0)
		r = complain(why, -EPROTO, "authd's grant is not understood");
	json_decref(answer);
	return r;
}

static int dial(struct operator_channel *o, struct complaint *why)
{
	int fd = peer_dial(o->target->operator_socket), r;

	if (fd >= 0) {
		r = channel_open(&o->channel, &o->group, &o->loop, fd,
				 IPC_STORED_TO_OPERATOR_DIRECTION, &handler, o);
		return r < 0 ? complain_errno(why, r, "cannot speak to stored") : OPERATOR_OK;
	}
	complain_errno(why, fd, "cannot reach stored at %s", o->target->operator_socket);
	complaint_hint(why,
		       "its socket lies beside authd's admin socket; --operator-socket PATH names "
		       "another place");
	return may_pass(fd) ? OPERATOR_AWAY : fd;
}

static int wait_to_enter(struct operator_channel *o, struct complaint *why)
{
	uint64_t until_ns = clock_boottime_ns() + OPERATOR_ENTRY_NS;

	while (o->state == OPERATOR_PRESENTING && clock_boottime_ns() < until_ns) {
		int r = operator_step(o, 100);

		if (r < 0)
			return complain_errno(why, r, "cannot wait for stored");
	}
	if (o->state == OPERATOR_ENTERED)
		return OPERATOR_OK;
	channel_close(&o->channel);
	o->state = OPERATOR_CLOSED;
	complain(why, 0, "stored did not let us in");
	complaint_hint(why, "its log says why; the same user must ask authd and stored");
	return OPERATOR_AWAY;
}

int operator_open(struct operator_channel *o, struct complaint *why)
{
	_cleanup_(buffer_clear) struct buffer grant = BUFFER_INIT(IPC_SEAL_MAX);
	int r = fetch_grant(o->target, &grant, why);

	if (r != OPERATOR_OK)
		return r;
	r = dial(o, why);
	if (r != OPERATOR_OK)
		return r;
	o->state = OPERATOR_PRESENTING;
	r = channel_send(&o->channel,
			 &(struct ipc_message){ .number = IPC_PRESENT,
						.present = { .grant = buffer_span(&grant) } },
			 -1);
	return r < 0 ? complain_errno(why, r, "cannot speak to stored") : wait_to_enter(o, why);
}

static void rest(uint64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				      .tv_nsec = (long)(ns % NS_PER_S) },
		  NULL);
}

int operator_begin(struct operator_channel *o, const struct operator_target *t,
		   struct complaint *why)
{
	int r = operator_init(o, t);

	if (r < 0)
		return complain_errno(why, r, "cannot begin");
	r = operator_open(o, why);
	return r == OPERATOR_AWAY ? -ENOTCONN : r == OPERATOR_REFUSED ? -EACCES : r;
}

int operator_open_again(struct operator_channel *o, const volatile sig_atomic_t *stop,
			struct complaint *why)
{
	uint64_t until_ns = clock_boottime_ns() + OPERATOR_PATIENCE_NS, wait_ns = RETRY_FIRST_NS;
	int r = OPERATOR_AWAY;

	fputs("the server has gone away; waiting for it to come back\n", stderr);
	while (r == OPERATOR_AWAY && clock_boottime_ns() < until_ns && !*stop) {
		rest(wait_ns);
		wait_ns = MIN(2 * wait_ns, RETRY_MOST_NS);
		r = operator_open(o, why);
	}
	return r;
}

/* --- saying ---------------------------------------------------------------------------------- */

static int begin_call(struct operator_channel *o, struct operator_call *c)
{
	int e = table_add(&o->calls, ++o->last, c);

	if (e)
		return e < 0 ? e : fold(e);
	c->number = o->last;
	return 0;
}

int operator_ask(struct operator_channel *o, struct operator_call *c, const struct s3_request *r,
		 struct span body)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(IPC_REQUEST_MAX);
	struct ipc_message m = { .number = IPC_OPERATE };
	int e;

	request_put(&b, r);
	e = buffer_error(&b);
	if (e == 0)
		e = begin_call(o, c);
	if (e)
		return e;
	m.operate.call = c->number;
	m.operate.request = buffer_span(&b);
	m.operate.has_body = !span_is_none(body);
	m.operate.body = span_is_none(body) ? SPAN("") : body;
	e = channel_send(&o->channel, &m, -1);
	if (e < 0)
		forget(o, c);
	return e;
}

/* Where a message has its call's number. */
static uint64_t *number_of(struct ipc_message *m)
{
	switch ((int)m->number) {
	case IPC_USAGE:
		return &m->usage.call;
	case IPC_RECOUNT:
		return &m->recount.call;
	case IPC_QUOTA:
		return &m->quota.call;
	case IPC_SNAPSHOT:
		return &m->snapshot.call;
	case IPC_FETCH:
		return &m->fetch.call;
	case IPC_RECEIVE_CATALOG:
		return &m->receive_catalog.call;
	case IPC_RECEIVE_BLOB:
		return &m->receive_blob.call;
	case IPC_ADOPT:
		return &m->adopt.call;
	case IPC_SCRUB:
		return &m->scrub.call;
	default:
		return NULL;
	}
}

int operator_say(struct operator_channel *o, struct operator_call *c,
		 const struct ipc_message *what, int fd)
{
	_cleanup_(fd_closep) int owned = fd;
	struct ipc_message m = *what;
	uint64_t *number = number_of(&m);
	int e = number ? begin_call(o, c) : -EINVAL;

	if (e)
		return e;
	*number = c->number;
	e = channel_send(&o->channel, &m, steal_fd(owned));
	if (e < 0)
		forget(o, c);
	return e;
}

int operator_commit(struct operator_channel *o, const struct operator_call *c, uint64_t length,
		    struct span checksum)
{
	return channel_send(&o->channel,
			    &(struct ipc_message){ .number = IPC_COMMIT,
						   .commit = { .call = c->number,
							       .length = length,
							       .seal = SPAN(""),
							       .trailer = checksum } },
			    -1);
}

int operator_next(struct operator_channel *o, const struct operator_call *c)
{
	return channel_send(
		&o->channel,
		&(struct ipc_message){ .number = IPC_NEXT, .next = { .call = c->number } }, -1);
}

void operator_cancel(struct operator_channel *o, struct operator_call *c)
{
	struct ipc_message m = { .number = IPC_CANCEL, .cancel = { .call = c->number } };

	if (!c->number)
		return;
	forget(o, c);
	/* If it cannot be said, the channel is about to end, and the call with it. */
	(void)!channel_send(&o->channel, &m, -1);
}
