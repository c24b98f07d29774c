/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin.h"

#include <malloc.h>
#include <sodium.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "client/dial.h"

static void wipe_and_free(void *p)
{
	if (p)
		sodium_memzero(p, malloc_usable_size(p));
	free(p);
}

void admin_wipe_json(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

static int complain_unreachable(const char *path, int r, struct complaint *why)
{
	complain_errno(why, r, "cannot reach authd at %s", path);
	if (r == -EACCES || r == -EPERM)
		complaint_hint(why, "become a user who may administer this server, such as root");
	else
		complaint_hint(why,
			       "is the server running? --socket PATH or COFFER_ADMIN_SOCKET names "
			       "another one; `coffer up` has it in its data directory, as "
			       "run/authd-admin.sock");
	return r;
}

int admin_open(const char *path, struct admin *ret, struct complaint *why)
{
	int fd = dial_stream(path, ADMIN_PATIENCE_S);

	if (fd < 0)
		return complain_unreachable(path, fd, why);
	*ret = (struct admin){ .fd = fd, .in = BUFFER_INIT(ADMIN_ANSWER_MAX) };
	return 0;
}

/* Answers may have held a secret. */
static void forget_answer(struct admin *a)
{
	if (a->in.data)
		sodium_memzero(a->in.data, a->in.size);
	buffer_clear(&a->in);
}

void admin_close(struct admin *a)
{
	a->fd = fd_close(a->fd);
	forget_answer(a);
}

static int send_request(struct admin *a, const json_t *request, int file)
{
	char *line = json_dumps(request, JSON_COMPACT);
	size_t len = line ? strlen(line) : 0;
	int r = -EMSGSIZE;

	if (!line)
		return -EINVAL;
	if (len < ADMIN_REQUEST_MAX) {
		line[len] = '\n'; /* in place of the NUL: `len` counts from here on */
		r = dial_send_with(a->fd, line, len + 1, file);
	}
	sodium_memzero(line, len);
	free(line);
	return r;
}

/* One line and no more: nothing else was asked, so authd sends nothing behind it. */
static int receive_line(struct admin *a)
{
	forget_answer(a);
	a->in = BUFFER_INIT(ADMIN_ANSWER_MAX);
	for (;;) {
		uint8_t *to = buffer_reserve(&a->in, 4096);
		ssize_t n;

		if (!to)
			return buffer_error(&a->in);
		n = recv(a->fd, to, 4096, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		buffer_commit(&a->in, (size_t)n);
		if (to[n - 1] == '\n')
			return 0;
	}
}

static int refused(const json_t *answer, struct complaint *why)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *hint = json_string_value(json_object_get(answer, "hint"));

	complain(why, 0, "%s", error ? error : "authd refused and did not say why");
	if (hint)
		complaint_hint(why, "%s", hint);
	return ADMIN_REFUSED;
}

int admin_call(struct admin *a, const json_t *request, json_t **ret, struct complaint *why)
{
	return admin_call_with(a, request, -1, ret, why);
}

int admin_call_with(struct admin *a, const json_t *request, int file, json_t **ret,
		    struct complaint *why)
{
	const json_t *ok;
	json_t *answer;
	int r;

	r = send_request(a, request, file);
	if (r >= 0)
		r = receive_line(a);
	if (r == -EAGAIN)
		return complain(why, -ETIMEDOUT, "authd did not answer within %d s",
				ADMIN_PATIENCE_S);
	if (r == -EMSGSIZE)
		return complain(why, r, "the request is longer than authd takes");
	if (r == -ECONNRESET || r == -EPIPE) {
		complain(why, r, "authd closed the connection without an answer");
		complaint_hint(why, "root and the users given with --admin-uid or --admin-gid may "
				    "administer this server");
		return r;
	}
	if (r < 0)
		return complain_errno(why, r, "cannot speak to authd");
	answer = json_loadb((const char *)a->in.data, a->in.len, JSON_REJECT_DUPLICATES, NULL);
	ok = json_object_get(answer, "ok");
	if (!json_is_boolean(ok)) {
		json_decref(answer);
		return complain(why, -EPROTO, "authd's answer is not understood");
	}
	*ret = answer;
	return json_is_true(ok) ? ADMIN_OK : refused(answer, why);
}
