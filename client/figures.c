/* SPDX-License-Identifier: Apache-2.0 */
#include "client/figures.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/dial.h"

/* --- asking ------------------------------------------------------------------------------- */

static const char request[] = "GET /metrics HTTP/1.1\r\n"
			      "Host: coffer\r\n"
			      "Connection: close\r\n"
			      "\r\n";

/* Until the other end has said all; a little now and a little then gains it nothing. */
static int receive_all(int fd, struct buffer *to)
{
	uint64_t until_ns = clock_boottime_ns() + FIGURES_PATIENCE_S * NS_PER_S;

	while (clock_boottime_ns() < until_ns) {
		uint8_t *at = buffer_reserve(to, 64 * KIB);
		ssize_t n;

		if (!at)
			return buffer_error(to);
		n = recv(fd, at, 64 * KIB, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		buffer_commit(to, (size_t)n);
	}
	return -ETIMEDOUT;
}

/* Cuts a line off, with its CR LF. */
static struct span cut_line(struct span s, struct span *ret_line)
{
	s = span_cut(s, '\n', ret_line);
	if (ret_line->len && span_bytes(*ret_line)[ret_line->len - 1] == '\r')
		ret_line->len--;
	return s;
}

/* The body of an answer (RFC 9112) that is whole. */
static int take_body(struct span answer, struct buffer *ret)
{
	struct span line, name, body = cut_line(answer, &line);
	uint64_t len = UINT64_MAX;

	if (span_starts_with(line, SPAN("HTTP/1.1 401 ")) ||
	    span_starts_with(line, SPAN("HTTP/1.1 403 ")))
		return -EACCES;
	if (!span_starts_with(line, SPAN("HTTP/1.1 200 ")))
		return -EPROTO;
	do {
		struct span value;

		body = cut_line(body, &line);
		value = span_cut(line, ':', &name);
		if (span_equal_nocase(name, SPAN("content-length")) &&
		    !span_to_u64(span_trim(value), &len))
			return -EPROTO;
	} while (line.len && !span_is_none(body));
	if (span_is_none(body) || body.len != len)
		return -EPROTO;
	buffer_append(ret, body);
	return buffer_error(ret);
}

int figures_read(const char *path, struct buffer *ret)
{
	struct buffer answer = BUFFER_INIT(FIGURES_MAX);
	_cleanup_(fd_closep) int fd = dial_stream(path, FIGURES_PATIENCE_S);
	int r = fd < 0 ? fd : dial_send(fd, request, sizeof(request) - 1);

	if (r >= 0)
		r = receive_all(fd, &answer);
	/* Who may not know is not told even that: the connection ends. */
	if (r == -ECONNRESET || r == -EPIPE || (r >= 0 && !answer.len))
		r = -EACCES;
	if (r >= 0)
		r = take_body(buffer_span(&answer), ret);
	buffer_clear(&answer);
	return r == -EAGAIN ? -ETIMEDOUT : r;
}

/* --- reading ------------------------------------------------------------------------------ */

static bool find_metric(struct span name, enum metric *ret)
{
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		struct span own = span_from_string(metric_rows[m].name);

		if (span_starts_with(name, own) &&
		    span_equal(span_skip(name, own.len),
			       metric_is_histogram(m) ? SPAN("_bucket") : SPAN(""))) {
			*ret = m;
			return true;
		}
	}
	return false;
}

/* `name{label="value",…} number`, or without the labels. */
static bool parse(struct span line, struct figure *ret)
{
	struct span head, number = SPAN_NONE, whole, name;
	size_t at = line.len;

	while (at && span_bytes(line)[at - 1] != ' ')
		at--;
	if (!at)
		return false;
	head = span_first(line, at - 1);
	number = span_skip(line, at);
	(void)span_cut(number, '.', &whole);
	ret->labels = span_cut(head, '{', &name);
	if (span_is_none(ret->labels))
		ret->labels = SPAN("");
	else if (!ret->labels.len || span_bytes(ret->labels)[--ret->labels.len] != '}')
		return false;
	return find_metric(name, &ret->metric) && span_to_u64(whole, &ret->value);
}

bool figures_next(struct span *rest, struct figure *ret)
{
	while (!span_is_none(*rest)) {
		struct span line;

		*rest = span_cut(*rest, '\n', &line);
		if (line.len && parse(line, ret))
			return true;
	}
	return false;
}

/* Cuts `name="value"` off, with the comma behind it; false where there is none. */
static bool cut_label(struct span *rest, struct span *ret_name, struct span *ret_value)
{
	struct span value = span_cut(*rest, '=', ret_name), behind;

	if (span_is_none(value) || !value.len || *span_bytes(value) != '"')
		return false;
	behind = span_cut(span_skip(value, 1), '"', ret_value);
	if (span_is_none(behind))
		return false;
	*rest = behind.len ? span_skip(behind, 1) : behind;
	return true;
}

struct span figure_label(const struct figure *f, const char *label)
{
	struct span rest = f->labels, name, value;

	while (cut_label(&rest, &name, &value))
		if (span_equal(name, span_from_string(label)))
			return value;
	return SPAN_NONE;
}

bool figure_has(const struct figure *f, const char *label, const char *value)
{
	struct span v = figure_label(f, label);

	return !span_is_none(v) && span_equal(v, span_from_string(value));
}
