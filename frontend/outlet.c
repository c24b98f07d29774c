/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/outlet.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

void outlet_init(struct outlet *o)
{
	*o = (struct outlet){ .text = BUFFER_INIT(OUTLET_TEXT_MAX), .writable = true };
}

void outlet_clear(struct outlet *o)
{
	buffer_clear(&o->text);
	o->at = 0;
	o->body = SPAN_NONE;
}

static int refused(struct outlet *o)
{
	if (errno != EAGAIN)
		return -errno;
	o->writable = false;
	return OUTLET_FULL;
}

/* Takes off both what the socket takes of them. */
static int push(struct outlet *o, int fd, struct span *text, struct span *body, bool more)
{
	struct iovec parts[] = { { (void *)text->data, text->len },
				 { (void *)body->data, body->len } };
	const struct msghdr m = { .msg_iov = parts, .msg_iovlen = body->len ? 2 : 1 };
	size_t of_text;
	ssize_t n;

	if (!o->writable)
		return OUTLET_FULL;
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return refused(o);
	o->sent += (uint64_t)n;
	of_text = MIN((size_t)n, text->len);
	*text = span_skip(*text, of_text);
	*body = span_skip(*body, (size_t)n - of_text);
	return OUTLET_SENT;
}

static int push_all(struct outlet *o, int fd, struct span *text, struct span *body, bool more)
{
	int r = OUTLET_SENT;

	while (r == OUTLET_SENT && text->len + body->len)
		r = push(o, fd, text, body, more);
	return r;
}

int outlet_send(struct outlet *o, int fd, struct span text, struct span body, bool more)
{
	int r = outlet_is_empty(o) ? push_all(o, fd, &text, &body, more) : OUTLET_FULL;

	if (r != OUTLET_FULL)
		return r;
	buffer_append(&o->text, text);
	o->body = body;
	return o->text.error ? buffer_error(&o->text) : OUTLET_FULL;
}

int outlet_flush(struct outlet *o, int fd, bool more)
{
	struct span text = span_skip(buffer_span(&o->text), o->at);
	int r = push_all(o, fd, &text, &o->body, more);

	o->at = o->text.len - text.len;
	if (r == OUTLET_SENT && o->text.data)
		outlet_clear(o);
	return r;
}

int outlet_send_file(struct outlet *o, int fd, int file_fd, uint64_t offset, size_t len,
		     size_t *ret_len)
{
	off_t at = (off_t)offset;
	ssize_t n;

	if (!o->writable)
		return OUTLET_FULL;
	do
		n = sendfile(fd, file_fd, &at, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return refused(o);
	/* A blob never gets shorter: whoever says so has broken it. */
	if (n == 0)
		return -ENODATA;
	o->sent += (uint64_t)n;
	*ret_len = (size_t)n;
	return OUTLET_SENT;
}

uint64_t outlet_unacknowledged(int fd)
{
	int n;

	return ioctl(fd, SIOCOUTQ, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}
