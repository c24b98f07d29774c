/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/lister.h"

#include "base/clock.h"

#define PAGE_MAX (8 * MIB) /* of a thousand keys, each as long as can be */

static void take_items(struct lister *l, struct span items)
{
	buffer_append(&l->page, items);
}

/* No more than fits: the limits of ipc/answer.h are the same. */
static size_t keep(struct span from, char *to, size_t size)
{
	size_t len = MIN(from.len, size);

	if (len)
		memcpy(to, from.data, len);
	return len;
}

static void take_done(struct lister *l, struct span bytes)
{
	struct answer a;

	l->attempts = 0;
	if (!answer_decode(bytes, &a) || buffer_error(&l->page)) {
		l->error = S3_ERROR_INTERNAL_ERROR;
		return;
	}
	l->has_ended = a.truncated != 1;
	l->token_len = keep(a.next_token, l->token, sizeof(l->token));
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

void lister_init(struct lister *l, struct operator_channel *o, enum lister_of of,
		 struct span bucket, struct span prefix)
{
	*l = (struct lister){ .call.heard = heard,
			      .stored = o,
			      .of = of,
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

/* What says where the page begins, in the words of each kind of list. */
static void say_place(const struct lister *l, struct s3_request *r)
{
	static const enum s3_param after[] = {
		[LISTER_OBJECTS] = S3_PARAM_START_AFTER,
		[LISTER_UPLOADS] = S3_PARAM_KEY_MARKER,
	};

	if (l->of == LISTER_BUCKETS) {
		if (l->token_len)
			r->params[S3_PARAM_CONTINUATION_TOKEN] =
				(struct span){ l->token, l->token_len };
		return;
	}
	if (l->after_len)
		r->params[after[l->of]] = (struct span){ l->after, l->after_len };
	if (l->after_upload_len)
		r->params[S3_PARAM_UPLOAD_ID_MARKER] =
			(struct span){ l->after_upload, l->after_upload_len };
}

int lister_ask(struct lister *l)
{
	static const enum s3_operation operations[] = {
		[LISTER_OBJECTS] = S3_LIST_OBJECTS_V2,
		[LISTER_UPLOADS] = S3_LIST_MULTIPART_UPLOADS,
		[LISTER_BUCKETS] = S3_LIST_BUCKETS,
	};
	struct s3_request r = { .operation = operations[l->of], .bucket = l->bucket };

	if (!page_is_through(l) || l->has_ended || l->error || !operator_is_open(l->stored) ||
	    clock_boottime_ns() < l->due_ns)
		return 0;
	buffer_reset(&l->page);
	l->at = 0;
	if (l->prefix.len)
		r.params[S3_PARAM_PREFIX] = l->prefix;
	say_place(l, &r);
	return operator_ask(l->stored, &l->call, &r, SPAN_NONE);
}

static bool is_expected(const struct lister *l, const struct answer *a)
{
	static const enum answer_kind kinds[] = {
		[LISTER_OBJECTS] = ANSWER_KIND_OBJECT,
		[LISTER_UPLOADS] = ANSWER_KIND_UPLOAD,
		[LISTER_BUCKETS] = ANSWER_KIND_BUCKET,
	};

	return a->kind == kinds[l->of] && a->key.len <= sizeof(l->after) &&
	       (l->of != LISTER_UPLOADS || a->upload_id.len);
}

bool lister_next(struct lister *l, struct answer *ret)
{
	struct span rest = span_skip(buffer_span(&l->page), l->at);

	/* A page counts only when it is whole: what is lost is asked for from where it began. */
	if (l->call.number || l->error || answer_next_item(&rest, ret) != 1)
		return false;
	if (!is_expected(l, ret)) {
		l->error = S3_ERROR_INTERNAL_ERROR;
		return false;
	}
	l->at = l->page.len - rest.len;
	l->after_len = keep(ret->key, (char *)l->after, sizeof(l->after));
	l->after_upload_len = keep(ret->upload_id, l->after_upload, sizeof(l->after_upload));
	return true;
}

bool lister_is_through(const struct lister *l)
{
	return l->has_ended && page_is_through(l);
}
