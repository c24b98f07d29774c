/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/lister.h"

#include "base/clock.h"

#define PAGE_MAX (8 * MIB) /* of a thousand keys, each as long as can be */

static void take_items(struct lister *l, struct span items)
{
	buffer_append(&l->page, items);
}

static void take_done(struct lister *l, struct span bytes)
{
	struct answer a;

	if (!answer_decode(bytes, &a) || buffer_error(&l->page))
		l->error = S3_ERROR_INTERNAL_ERROR;
	else
		l->has_ended = a.truncated != 1;
	l->attempts = 0;
}

static void take_failed(struct lister *l, enum s3_error e)
{
	buffer_reset(&l->page);
	if (!operator_may_retry(e, &l->attempts, &l->due_ns))
		l->error = e;
}

static void heard(struct operator_call *c, const struct ipc_message *m, int *fd)
{
	struct lister *l = (struct lister *)c;

	if (!m)
		buffer_reset(&l->page);
	else if (m->number == IPC_ITEMS)
		take_items(l, m->items.items);
	else if (m->number == IPC_DONE)
		take_done(l, m->done.answer);
	else if (m->number == IPC_FAILED)
		take_failed(l, operator_error(&m->failed));
}

void lister_init(struct lister *l, struct operator_channel *o, struct span bucket,
		 struct span prefix)
{
	*l = (struct lister){ .call.heard = heard,
			      .stored = o,
			      .bucket = bucket,
			      .prefix = prefix,
			      .page = BUFFER_INIT(PAGE_MAX) };
}

void lister_clear(struct lister *l)
{
	operator_cancel(l->stored, &l->call);
	buffer_clear(&l->page);
}

static bool page_is_through(const struct lister *l)
{
	return !l->call.number && l->at == l->page.len;
}

int lister_ask(struct lister *l)
{
	struct s3_request r = { .operation = S3_LIST_OBJECTS_V2, .bucket = l->bucket };

	if (!page_is_through(l) || l->has_ended || l->error || !operator_is_open(l->stored) ||
	    clock_boottime_ns() < l->due_ns)
		return 0;
	buffer_reset(&l->page);
	l->at = 0;
	if (l->prefix.len)
		r.params[S3_PARAM_PREFIX] = l->prefix;
	if (l->after_len)
		r.params[S3_PARAM_START_AFTER] = (struct span){ l->after, l->after_len };
	return operator_ask(l->stored, &l->call, &r, SPAN_NONE);
}

bool lister_next(struct lister *l, struct answer *ret)
{
	struct span rest = span_skip(buffer_span(&l->page), l->at);

	/* A page counts only when it is whole: what is lost is asked for from where it began. */
	if (l->call.number || l->error || answer_next_item(&rest, ret) != 1)
		return false;
	if (ret->kind != ANSWER_KIND_OBJECT || ret->key.len > sizeof(l->after)) {
		l->error = S3_ERROR_INTERNAL_ERROR;
		return false;
	}
	l->at = l->page.len - rest.len;
	memcpy(l->after, ret->key.data, ret->key.len);
	l->after_len = ret->key.len;
	return true;
}

bool lister_is_through(const struct lister *l)
{
	return l->has_ended && page_is_through(l);
}
